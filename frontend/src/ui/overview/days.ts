/** Fills the days without work, so that a chart's axis is even. */
import type { Statistics } from '@/sync/api'

import type { DayBar } from './charts'

const DAY = 86_400_000 // ms

/** The last `length` days up to `today` (UTC), oldest first, with the changes made on each. */
export function lastDays(days: Statistics['days'], today: Date, length: number): DayBar[] {
  const known = new Map(days.map((each) => [each.date.slice(0, 10), each.revisions]))
  return Array.from({ length }, (_, position) => {
    const date = new Date(today.getTime() - (length - 1 - position) * DAY).toISOString().slice(0, 10)
    return { date, value: known.get(date) ?? 0 }
  })
}
