/** Videos among picked files, and the options as the server takes them. Owns no form. */
import type { PickedFile } from '@/sync/upload'

const SUFFIX = /\.(mp4|m4v|mov|webm|mkv|avi)$/i

/** The file chooser's list. */
export const VIDEO_ACCEPT = '.mp4,.m4v,.mov,.webm,.mkv,.avi,video/mp4,video/webm,video/quicktime'

export const isVideo = ({ path, file }: PickedFile): boolean =>
  SUFFIX.test(path) || file.type.startsWith('video/')

/** What stands in the form. */
export interface VideoChoice {
  readonly which: 'all' | 'every' | 'rate'
  readonly every: string
  readonly perSecond: string
  readonly start: string
  readonly end: string
  /** Longest side, '' as it is. */
  readonly side: string
  readonly kept: '80' | '92' | '98' | 'png'
}

export const USUAL_CHOICE: VideoChoice = {
  which: 'all',
  every: '5',
  perSecond: '2',
  start: '',
  end: '',
  side: '',
  kept: '92',
}

/** A number that is wrong or empty where one is needed is sent as it is: the server says what is allowed. */
function number(text: string): number | string {
  const value = Number(text)
  return text.trim() === '' || Number.isNaN(value) ? text : value
}

/** The import's field `video`. */
export function videoField(choice: VideoChoice): Readonly<Record<string, unknown>> {
  return {
    ...(choice.which === 'every' ? { every: number(choice.every) } : {}),
    ...(choice.which === 'rate' ? { per_second: number(choice.perSecond) } : {}),
    ...(choice.start.trim() === '' ? {} : { start: number(choice.start) }),
    ...(choice.end.trim() === '' ? {} : { end: number(choice.end) }),
    ...(choice.side === '' ? {} : { longest_side: Number(choice.side) }),
    ...(choice.kept === 'png' ? { format: 'png' } : { format: 'jpeg', quality: Number(choice.kept) }),
  }
}
