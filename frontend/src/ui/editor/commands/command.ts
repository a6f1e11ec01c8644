/**
 * A command: something that the person can do from the command palette, by a key, or from a menu. Its name is the
 * translation `commands:<id>`. Owns the shape and the keys' notation only; the commands are in the files beside this.
 */
import type { ImageItem, Project } from '@/sync/api'

import type { ClipboardActions } from '../clipboard/useClipboard'
import type { Opened } from '../open'
import type { EditorSession } from '../session'

/** What the page can do that the session cannot. */
export interface PageActions {
  readonly onNext: () => void
  readonly onPrevious: () => void
  readonly onSubmit: () => void
  readonly onSheet: () => void
  readonly onPalette: () => void
  /** Takes the next image that nobody works on. */
  readonly onClaim: () => void
  readonly onImage: (id: string) => void
  readonly onSettings: () => void
  /** Opens another document of the image; null: the primary one. */
  readonly onDocument: (document: string | null) => void
  readonly onProblem: (error: unknown) => void
  /** Accepts what the model is sure enough of, submits, and goes on. */
  readonly onAcceptNext: () => void
  /** Asks the champion for this image; null where it may not or cannot be. */
  readonly onPredict: (() => void) | null
}

export interface CommandContext {
  readonly opened: Opened
  readonly session: EditorSession
  readonly image: ImageItem
  readonly project: Project
  readonly page: PageActions
  readonly clipboard: ClipboardActions
}

export type CommandGroup = 'edit' | 'object' | 'prelabels' | 'view' | 'navigate' | 'image'

export interface Command {
  readonly id: string
  readonly group: CommandGroup
  /** `mod+shift+u`, `alt+ArrowUp`, `?`: mod is Ctrl, or Cmd on a Mac; a letter is in lower case. */
  readonly keys?: readonly string[]
  /** Keys that do it too but are another's to handle (the tool session, the browser's clipboard): shown only. */
  readonly shownKeys?: readonly string[]
  /** It changes the document: not offered while the image can only be read. */
  readonly changes?: true
  /** Whether it means something now; always when left out. */
  readonly enabled?: (context: CommandContext) => boolean
  /** Why it is not enabled, `finder:needs.<this>`: the palette then shows it greyed and not at all without. */
  readonly needs?: 'selection' | 'several' | 'clipboard' | 'lastImage' | 'proposal'
  readonly run: (context: CommandContext) => void
}

type Pressed = Pick<KeyboardEvent, 'key' | 'code' | 'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey'> &
  Partial<Pick<KeyboardEvent, 'getModifierState'>>

/** The modifiers and the key that a person means by a key event. */
interface Meant {
  readonly key: string
  readonly shift: boolean
  readonly alt: boolean
  readonly mod: boolean
}

const LETTER_OR_DIGIT = /^(?:Key([A-Z])|Digit([0-9]))$/

/**
 * AltGr types a character of its own (`[` on many keyboards) and is no Alt, though some systems tell it as Ctrl and Alt.
 * Option on a Mac types one as well (`ç` for C), where Alt and a letter is meant.
 */
export function meant(event: Pressed): Meant {
  const graph = event.getModifierState?.('AltGraph') === true
  const alt = event.altKey && !graph
  const typed = event.key.length === 1 ? event.key.toLowerCase() : event.key
  const [, letter, digit] = LETTER_OR_DIGIT.exec(event.code) ?? []
  const strange = alt && (typed === 'Dead' || (typed.length === 1 && typed > '~'))
  return {
    key: strange ? (letter?.toLowerCase() ?? digit ?? typed) : typed,
    shift: event.shiftKey,
    alt,
    mod: (event.ctrlKey || event.metaKey) && !graph,
  }
}

/** A key event in the notation of `Command.keys`. Shift is named with letters and named keys, not with signs: `?`. */
export function chordOf(event: Pressed): string {
  const { key, shift, alt, mod } = meant(event)
  const single = key.length === 1
  const letter = single && key !== key.toUpperCase()
  const parts = [
    ...(mod ? ['mod'] : []),
    ...(alt ? ['alt'] : []),
    ...(shift && (letter || !single) ? ['shift'] : []),
    key,
  ]
  return parts.join('+')
}

export function isEnabled(command: Command, context: CommandContext): boolean {
  if (command.changes && context.session.state.get().readOnly) return false
  return command.enabled?.(context) ?? true
}
