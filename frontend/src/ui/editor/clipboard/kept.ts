/**
 * The editor's own clipboard beside the system's: what was copied last, for the menu and for browsers that do not let a
 * page read the system's; and the objects of the image that was open before this one.
 */
import type { Clipping } from '@/core/clipboard'

const STORE = 'contorno.clipboard'
let copied: string | null = null

/** Shared with other tabs where it fits into the browser's store. */
export function keepCopy(text: string): void {
  copied = text
  try {
    localStorage.setItem(STORE, text)
  } catch {
    localStorage.removeItem(STORE) // too large: an older copy there would be pasted in its place
  }
}

export function keptCopy(): string | null {
  return localStorage.getItem(STORE) ?? copied
}

export interface LastImage {
  readonly clipping: Clipping
  /** Ids of the objects that were selected when it was left. */
  readonly selected: ReadonlySet<string>
}

let last: LastImage | null = null

/** The image that was open before in this tab, unless it is this one. */
export function lastImage(than: string): LastImage | null {
  return last && last.clipping.image !== than ? last : null
}

export function keepLastImage(image: LastImage): void {
  if (image.clipping.records.length > 0) last = image
}
