/** Figures of models in words: metrics, intervals, times, values of a plan. Owns no layout. */
import type { TFunction } from 'i18next'

import type { Estimate, PlanValue, Reason } from '@/sync/learningApi'
import { integer } from '@/ui/kit/format'

const formats = new Map<string, Intl.NumberFormat>()
function numbers(
  language: string,
  digits: number,
  style: 'decimal' | 'percent' = 'decimal',
): Intl.NumberFormat {
  const key = `${language} ${digits} ${style}`
  let format = formats.get(key)
  if (!format) {
    const places = { minimumFractionDigits: digits, maximumFractionDigits: digits }
    format = new Intl.NumberFormat(language, { style, ...places })
    formats.set(key, format)
  }
  return format
}

export const UNKNOWN = '–'

/** Whether a value that may be missing or null is there. */
export function isKnown<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined
}

/** Whether an interval was computed. */
export function hasInterval(
  estimate: Estimate | undefined,
): estimate is Estimate & { readonly low: number; readonly high: number } {
  return estimate !== undefined && isKnown(estimate.low) && isKnown(estimate.high)
}

/** Metrics count clicks or are shares; the first are better when they are lower. */
export function countsClicks(metric: string | undefined): boolean {
  return metric?.startsWith('clicks') === true
}

/** 0.7312 -> "73.1", clicks -> "3.4"; what is not known is a dash. */
export function figure(value: number | null | undefined, language: string, metric = ''): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN
  return numbers(language, 1).format(countsClicks(metric) ? value : value * 100)
}

/** 0.7312 -> "73.1%", clicks -> "3.4"; what is not known is a dash. For figures that stand alone. */
export function score(value: number | null | undefined, language: string, metric = ''): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN
  if (countsClicks(metric)) return figure(value, language, metric)
  return numbers(language, 1, 'percent').format(value)
}

/** "70.1 – 76.0"; empty where there is no interval. */
export function interval(estimate: Estimate | undefined, language: string, metric = ''): string {
  if (!hasInterval(estimate)) return ''
  return `${figure(estimate.low, language, metric)} – ${figure(estimate.high, language, metric)}`
}

/** A whole number, or a dash. */
export function integerOr(value: number | null | undefined, language: string): string {
  return isKnown(value) ? integer(value, language) : UNKNOWN
}

/** A difference with its sign: 0.021 -> "+2.1". */
export function signed(value: number | null | undefined, language: string): string {
  if (value === null || value === undefined) return UNKNOWN
  return `${value > 0 ? '+' : value < 0 ? '−' : '±'}${figure(Math.abs(value), language)}`
}

/** A number with as many digits as tell something: 0.0000312 -> "3.1e-5", 0.0421 -> "0.042", 12345 -> "12,345". */
export function compact(value: number | null | undefined, language: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN
  const size = Math.abs(value)
  if (Number.isInteger(value)) return integer(value, language)
  if (size < 0.0001) {
    const tiny = { notation: 'scientific', maximumSignificantDigits: 2 } as const
    return new Intl.NumberFormat(language, tiny).format(value).toLowerCase()
  }
  return new Intl.NumberFormat(language, { maximumSignificantDigits: size < 1 ? 2 : 3 }).format(value)
}

/** Seconds that are left or that passed, as people say them: "40 s", "6 min", "2 h 10 min". */
export function roughTime(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return UNKNOWN
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  const minutes = Math.round(whole / 60)
  if (minutes < 60) return `${minutes} min`
  const rest = minutes % 60
  return rest === 0 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 60)} h ${rest} min`
}

/** Pairs that are the ends of a range, and not a height and a width. */
export const RANGES: readonly string[] = ['zoom']

/** A value of a plan in one line. */
export function planText(value: PlanValue | undefined, language: string, t: TFunction): string {
  if (value === undefined || value === null || value === '') return t('plan:none')
  if (typeof value === 'boolean') return value ? t('plan:yes') : t('plan:no')
  if (typeof value === 'number') return compact(value, language)
  if (typeof value === 'string') return t(`plan:word.${value}`, value)
  if (isList(value)) return value.map((each) => planText(each, language, t)).join(pairJoin(value))
  if ('name' in value && 'weight' in value)
    return `${planText(value.weight, language, t)} × ${planText(value.name, language, t)}`
  return Object.entries(value)
    .map(([key, each]) => {
      const text = planText(each, language, t)
      return `${t(`plan:field.${key}`, key)}: ${RANGES.includes(key) ? text.replace(' × ', ' – ') : text}`
    })
    .join(' · ')
}

function isList(value: PlanValue | undefined): value is readonly PlanValue[] {
  return Array.isArray(value)
}

function pairJoin(value: readonly PlanValue[]): string {
  return value.length === 2 && value.every((each) => typeof each === 'number') ? ' × ' : ', '
}

/** Why a value was chosen: the translation of its code with its values, or what the planner wrote. */
export function reasonText(reason: Reason | undefined, language: string, t: TFunction): string {
  if (!reason) return ''
  const values = Object.fromEntries(
    Object.entries(reason.values ?? {}).map(([key, value]) => [key, planText(value, language, t)]),
  )
  return t(`plan:reason.${reason.code}`, { ...values, defaultValue: reason.text })
}

/** A colour by position, told apart also by people who see colours differently (and always beside a name). */
export const SERIES = [
  'var(--series-1)',
  'var(--series-2)',
  'var(--series-3)',
  'var(--series-4)',
  'var(--series-5)',
] as const
