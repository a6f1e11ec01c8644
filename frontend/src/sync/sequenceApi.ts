/** The requests about sequences: frames, tracks, and filling objects into other frames. */
import type { Job } from './api'
import { requestJson } from './client'
import type { components } from './schema.gen'

type Schemas = components['schemas']

export type SequenceFrame = Readonly<Schemas['Frame']>
export type Track = Readonly<Schemas['Track']>
export type FillOutcome = Readonly<Schemas['Outcome']>
export type FillMethod = 'copy' | 'propagate' | 'interpolate'

export interface Sequence {
  readonly group: string
  readonly frames: readonly SequenceFrame[]
}

interface FramePage {
  readonly results: readonly SequenceFrame[]
  readonly next: string | null
  readonly group: string
}

/** All frames of the image's group in their order. */
export async function getSequence(image: string): Promise<Sequence> {
  const frames: SequenceFrame[] = []
  let group = ''
  let cursor: string | null = '0'
  while (cursor !== null) {
    const page: FramePage = await requestJson<FramePage>(`/images/${image}/sequence?cursor=${cursor}`)
    frames.push(...page.results)
    group = page.group
    cursor = page.next
  }
  return { group, frames }
}

export const getTracks = async (image: string) =>
  (await requestJson<{ results: readonly Track[] }>(`/images/${image}/tracks`)).results

export interface FillAnswer {
  readonly outcome: FillOutcome | null
  readonly job: Job | null
}

export const fill = (
  image: string,
  json: { method: FillMethod; objects: readonly string[]; until: string | null },
) => requestJson<FillAnswer>(`/images/${image}/fill`, { method: 'POST', json })
