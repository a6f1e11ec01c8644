/** A training's curves, kept up with while it runs: only what came since the last point is asked for. */
import { useEffect, useMemo, useState } from 'react'

import { getCurve, type CurvePoint, type EvaluatePoint, type TrainPoint } from '@/sync/learningApi'

const EVERY = 3000 // ms; points come every few seconds at most

export interface Curve {
  readonly train: readonly TrainPoint[]
  readonly evaluate: readonly EvaluatePoint[]
  readonly loaded: boolean
  readonly error: unknown
  readonly retry: () => void
}

/** The points with those that came: a step that was gone through again (a resumed training) replaces itself. */
export function joined(known: readonly CurvePoint[], more: readonly CurvePoint[]): readonly CurvePoint[] {
  if (more.length === 0) return known
  const places = new Map(known.map((point) => [`${point.kind} ${point.step}`, point]))
  for (const point of more) places.set(`${point.kind} ${point.step}`, point)
  return [...places.values()].sort((one, other) => one.step - other.step)
}

export function useCurve(model: string, live: boolean): Curve {
  const [state, setState] = useState<{
    readonly model: string
    readonly points: readonly CurvePoint[]
    readonly loaded: boolean
    readonly error: unknown
  }>({ model, points: [], loaded: false, error: null })
  const [again, setAgain] = useState(0)
  useEffect(() => {
    const stop = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    let after = 0
    const ask = async () => {
      try {
        const came: CurvePoint[] = []
        for (let next: number | null = after; next !== null;) {
          const page = await getCurve(model, next, stop.signal)
          came.push(...page.results)
          next = page.next
        }
        after = came.reduce((most, point) => Math.max(most, point.id), after)
        setState((before) => {
          const known = before.model === model ? before.points : []
          const points = joined(known, came)
          if (points === before.points && before.loaded && before.error === null) return before
          return { model, points, loaded: true, error: null }
        })
      } catch (error) {
        if (stop.signal.aborted) return
        setState((before) => ({ ...before, model, error }))
      }
      if (live && !stop.signal.aborted) timer = setTimeout(() => void ask(), EVERY)
    }
    void ask()
    return () => {
      stop.abort()
      clearTimeout(timer)
    }
  }, [model, live, again])
  const mine = state.model === model
  const points = state.points
  return useMemo(
    () => ({
      train: mine ? points.filter((point) => point.kind === 'train') : [],
      evaluate: mine ? points.filter((point) => point.kind === 'evaluate') : [],
      loaded: mine && state.loaded,
      error: mine ? state.error : null,
      retry: () => setAgain((count) => count + 1),
    }),
    [mine, points, state.loaded, state.error],
  )
}
