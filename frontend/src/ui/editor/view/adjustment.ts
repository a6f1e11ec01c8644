/** How the photograph is shown, kept for each project with the person's settings. */
import { type Adjustment, AS_IT_IS, isAsItIs } from '@/core/adjust'
import { preference, setPreference, usePreference } from '@/ui/app/usePreference'

/** Of so many projects, the latest; older ones are shown as they are again. */
const KEPT = 30

export function adjustmentOf(project: string): Adjustment {
  return { ...AS_IT_IS, ...preference('editor.photo')[project] }
}

export function setAdjustment(project: string, change: Partial<Adjustment>): void {
  const next = { ...adjustmentOf(project), ...change }
  const others = Object.entries(preference('editor.photo')).filter(([id]) => id !== project)
  const entries = isAsItIs(next) ? others : [...others, [project, next] as const]
  setPreference('editor.photo', Object.fromEntries(entries.slice(-KEPT)))
}

export function useAdjustment(project: string): Adjustment {
  const [all] = usePreference('editor.photo')
  return { ...AS_IT_IS, ...all[project] }
}
