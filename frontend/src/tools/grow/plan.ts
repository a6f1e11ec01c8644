/** Region growing as a tool of seeds: as the wand, but by the region's own colours. */
import type { ToolContext } from '../context'
import type { SeedPlan } from '../wand/plan'
import { SPREAD } from './settings'

/** Deviations for each CSS pixel that the pointer is dragged. */
const SPREAD_STEP = 0.02

export const GROW_PLAN: SeedPlan = {
  name: 'grow',
  method: 'grow',
  takesNegative: false,
  parameters: (context) => ({ ...context.state.get().assists.grow }),
  seesAll: () => false,
  drag: (context) => {
    const { spread } = context.state.get().assists.grow
    return (distance) => {
      const wanted = Math.min(SPREAD.high, Math.max(SPREAD.low, spread + distance * SPREAD_STEP))
      set(context, Math.round(wanted * 10) / 10)
    }
  },
}

function set(context: ToolContext, spread: number): void {
  const { assists } = context.state.get()
  if (spread !== assists.grow.spread)
    context.state.set({ assists: { ...assists, grow: { ...assists.grow, spread } } })
}
