/** The two compared states, paired by a worker; answers to questions that are no longer asked are dropped. */
import { useEffect, useMemo, useState } from 'react'

import { agrees, type Comparison, type ImageSize, type Match } from '@/core/compare'
import type { Mark } from '@/render/marks'

import type { Opened } from '../open'
import { pair, type Records } from './pairing'
import type { Compared } from './state'
import { useChoice } from './useLook'
import { useRecords } from './useHistoryPages'

function usePaired(
  left: Records | undefined,
  right: Records | undefined,
  size: ImageSize,
): Comparison | null {
  const [answer, setAnswer] = useState<{ left: Records; right: Records; is: Comparison } | null>(null)
  useEffect(() => {
    if (!left || !right) return
    let gone = false
    void pair(left, right, size).then((is) => !gone && setAnswer({ left, right, is }))
    return () => {
      gone = true
    }
  }, [left, right, size])
  return answer && answer.left === left && answer.right === right ? answer.is : null
}

export interface ComparedLook {
  readonly left: Records | undefined
  readonly right: Records | undefined
  readonly error: unknown
  readonly comparison: Comparison | null
  readonly leftMarks: readonly Mark[]
  readonly rightMarks: readonly Mark[]
}

export function useComparison(opened: Opened, compared: Compared): ComparedLook {
  const one = useRecords(opened, compared.left)
  const other = useRecords(opened, compared.right)
  const { width, height } = opened.session.given.document
  const size = useMemo(() => ({ width, height }), [width, height])
  const comparison = usePaired(one.records, other.records, size)
  const { pointed } = useChoice()
  const leftMarks = useMemo(() => marksOf(comparison, 'left', pointed), [comparison, pointed])
  const rightMarks = useMemo(() => marksOf(comparison, 'right', pointed), [comparison, pointed])
  return {
    left: one.records,
    right: other.records,
    error: one.error ?? other.error,
    comparison,
    leftMarks,
    rightMarks,
  }
}

/** A row of the list by the objects in it. */
export function matchKey({ left, right }: Match): string {
  return `${left?.id ?? ''}/${right?.id ?? ''}`
}

function marksOf(comparison: Comparison | null, side: 'left' | 'right', pointed: string | null): Mark[] {
  return (comparison?.matches ?? []).flatMap((match) => {
    const record = match[side]
    if (!record) return []
    const alone = match.left === null || match.right === null
    const tone = alone ? (side === 'left' ? 'removed' : 'added') : agrees(match) ? 'same' : 'changed'
    return [{ record, tone, chosen: matchKey(match) === pointed }]
  })
}
