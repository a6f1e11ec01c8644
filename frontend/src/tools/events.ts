/** What tools are fed: pointer and key input as plain data. The browser's events are turned into these in ui/editor. */
import type { ImagePoint, ScreenPoint } from '@/core/points'

export interface Modifiers {
  readonly shift: boolean
  readonly alt: boolean
  /** Ctrl, or Cmd on a Mac. */
  readonly mod: boolean
}

export interface PointerInput extends Modifiers {
  readonly type: 'down' | 'move' | 'up'
  readonly image: ImagePoint
  readonly screen: ScreenPoint
  /** Where the pointer was since the last event, oldest first, ending with `image`. */
  readonly trail: readonly ImagePoint[]
  /** The button of a press or release: 0 the main one, 1 the middle one. */
  readonly button: number
  /** 2 for the second press of a double click. */
  readonly clicks: number
}

export interface KeyInput extends Modifiers {
  /** As KeyboardEvent.key; letters in lower case. */
  readonly key: string
}
