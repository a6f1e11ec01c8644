/** What tells the wand from region growing: what is asked, and which setting a drag changes. */
import type { AssistMethod } from '@/core/assist'

import type { ToolContext } from '../context'
import { MOST_TOLERANCE, type WandSettings } from './settings'

export interface SeedPlan {
  readonly name: 'wand' | 'grow'
  readonly method: AssistMethod
  /** Seeds off the object mean something to the method. */
  readonly takesNegative: boolean
  parameters(context: ToolContext): Record<string, number | string>
  /** The whole window is looked at, because what hangs together does not matter. */
  seesAll(context: ToolContext): boolean
  /** Begins a drag: the answer sets the setting for a distance from the press, CSS pixels. */
  drag(context: ToolContext): (distance: number) => void
}

/** Difference of colour for each CSS pixel that the pointer is dragged. */
const TOLERANCE_STEP = 0.15

export const WAND_PLAN: SeedPlan = {
  name: 'wand',
  method: 'wand',
  takesNegative: true,
  parameters: (context) => ({ ...settingsOf(context) }),
  seesAll: (context) => settingsOf(context).reach === 'anywhere',
  drag: (context) => {
    const { tolerance } = settingsOf(context)
    return (distance) => {
      const next = Math.round(Math.min(MOST_TOLERANCE, Math.max(0, tolerance + distance * TOLERANCE_STEP)))
      set(context, { tolerance: next })
    }
  },
}

function settingsOf(context: ToolContext): WandSettings {
  return context.state.get().assists.wand
}

function set(context: ToolContext, patch: Partial<WandSettings>): void {
  const { assists } = context.state.get()
  if (patch.tolerance === assists.wand.tolerance) return
  context.state.set({ assists: { ...assists, wand: { ...assists.wand, ...patch } } })
}
