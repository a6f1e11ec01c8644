/** Why a value of a training plan was chosen, in the reader's language; the server's English where a code is new. */
import type { TFunction } from 'i18next'

export interface PlanReason {
  readonly code: string
  readonly values: Readonly<Record<string, string | number>>
  readonly text: string
}

export function reasonText(t: TFunction, reason: PlanReason): string {
  return t(`plan:reason.${reason.code}`, { ...reason.values, defaultValue: reason.text })
}
