/** The settings of all assists, each in its tool's folder; kept from one image to the next. */
import type { AssistReason, Histogram } from '@/core/assist'

import { CLUSTERS, type ClusterSettings } from '../clusters/settings'
import { GROW, type GrowSettings } from '../grow/settings'
import { REFINE, type RefineSettings } from '../refine/settings'
import { SMART, type SmartSettings } from '../smart/settings'
import { SUPERPIXELS, type SuperpixelSettings } from '../superpixels/settings'
import { THRESHOLD, type ThresholdSettings } from '../threshold/settings'
import { WAND, type WandSettings } from '../wand/settings'
import { WATERSHED, type WatershedSettings } from '../watershed/settings'

/** What a mark does when no key is held (a finger and a pen have none): begins anew, adds, or takes away. */
export type Marking = 'new' | 'add' | 'remove'

export interface AssistSettings {
  readonly wand: WandSettings
  readonly grow: GrowSettings
  readonly smart: SmartSettings
  readonly watershed: WatershedSettings
  readonly threshold: ThresholdSettings
  readonly superpixels: SuperpixelSettings
  readonly clusters: ClusterSettings
  readonly refine: RefineSettings
}

export const ASSISTS: AssistSettings = {
  wand: WAND,
  grow: GROW,
  smart: SMART,
  watershed: WATERSHED,
  threshold: THRESHOLD,
  superpixels: SUPERPIXELS,
  clusters: CLUSTERS,
  refine: REFINE,
}

/** How a proposal stands, for the bar above the canvas. */
export interface ProposalStatus {
  readonly busy: boolean
  /** There are pixels to accept. */
  readonly ready: boolean
  readonly failure: AssistReason | null
  /** The region is larger than the method works on at full detail. */
  readonly coarse: boolean
  readonly histogram: Histogram | null
  /** It changes the selected object instead of making one. */
  readonly replaces: boolean
}

/** Settings from an earlier visit, where they are still known; new ones have their first values. */
export function assistsFrom(kept: object): AssistSettings {
  const known = kept as Readonly<Record<string, object | undefined>>
  const merged = Object.entries(ASSISTS).map(
    ([name, usual]: [string, object]) => [name, { ...usual, ...known[name] }] as const,
  )
  return Object.fromEntries(merged) as unknown as AssistSettings
}
