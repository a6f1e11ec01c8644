/** Playing the frames at a rate; a frame whose picture is not there yet is waited for. */
import { useCallback, useEffect, useMemo, useState } from 'react'

import { API } from '@/sync/client'
import type { SequenceFrame } from '@/sync/sequenceApi'

/** Pictures that are asked for ahead of the one on screen. */
const AHEAD = 6

export interface Playing {
  readonly on: boolean
  readonly toggle: () => void
}

interface PlayingOptions {
  readonly frames: readonly SequenceFrame[]
  readonly position: number
  readonly rate: number
  readonly show: (position: number | null) => void
  readonly goTo: (position: number) => void
}

export function usePlaying({ frames, position, rate, show, goTo }: PlayingOptions): Playing {
  const [on, setOn] = useState(false)
  const [from, setFrom] = useState(position)
  if (from !== position) {
    setFrom(position)
    setOn(false) // another frame was opened meanwhile
  }
  useEffect(() => {
    if (!on) return undefined
    let at = position >= frames.length - 1 ? 0 : position
    let stopped = false
    const ready = new Map<number, Promise<void>>()
    const have = (k: number) => {
      const frame = frames[k]
      if (!frame) return Promise.resolve()
      const there = ready.get(k) ?? decoded(`${API}/images/${frame.id}/file`)
      ready.set(k, there)
      return there
    }
    const run = async () => {
      let due = performance.now()
      while (!stopped && at < frames.length - 1) {
        for (let k = 1; k <= AHEAD; k += 1) void have(at + k)
        await have(at + 1)
        due = Math.max(due + 1000 / rate, performance.now())
        await new Promise((resolve) => setTimeout(resolve, due - performance.now()))
        // The effect may have ended while it waited.
        if (stopped as boolean) return
        at += 1
        show(at)
      }
      setOn(false)
    }
    show(at)
    void run()
    return () => {
      stopped = true
      show(null)
      goTo(at)
    }
    // It begins where it is started; frames, place and rate of that moment count until it stops.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [on])
  const toggle = useCallback(() => setOn((before) => !before), [])
  return useMemo(() => ({ on, toggle }), [on, toggle])
}

/** Loads and decodes a picture; one that cannot be had is passed over. */
function decoded(url: string): Promise<void> {
  const image = new Image()
  image.src = url
  return image.decode().catch(() => undefined)
}
