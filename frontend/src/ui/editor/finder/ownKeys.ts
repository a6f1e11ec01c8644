/** Keys that are no command: what the tools and the session do with them while they are in hand. For the sheet only. */

export type OwnGroup = 'drawing' | 'vertices' | 'selecting' | 'proposals' | 'keyboard' | 'mouse'

export interface OwnKey {
  readonly group: OwnGroup
  /** `finder:own.<name>` */
  readonly name: string
  /** As in `Command.keys`; mouse actions are words of the translation `finder:mouse.<word>`. */
  readonly keys: readonly string[]
}

export const OWN_KEYS: readonly OwnKey[] = [
  { group: 'drawing', name: 'close', keys: ['Enter'] },
  { group: 'drawing', name: 'lastPoint', keys: ['Backspace'] },
  { group: 'drawing', name: 'hole', keys: ['alt'] },
  { group: 'drawing', name: 'brushSize', keys: ['[', ']'] },
  { group: 'drawing', name: 'straight', keys: ['shift'] },
  { group: 'drawing', name: 'exact', keys: ['mod'] },
  { group: 'drawing', name: 'sweep', keys: ['mod'] },
  { group: 'drawing', name: 'cancel', keys: ['Escape'] },
  { group: 'drawing', name: 'hand', keys: ['space'] },
  { group: 'vertices', name: 'walkVertices', keys: ['Tab', 'shift+Tab'] },
  { group: 'vertices', name: 'middle', keys: ['Insert'] },
  { group: 'vertices', name: 'ring', keys: ['mod'] },
  { group: 'vertices', name: 'neighbour', keys: ['mod'] },
  { group: 'vertices', name: 'axis', keys: ['shift'] },
  { group: 'vertices', name: 'takeOut', keys: ['Delete'] },
  { group: 'selecting', name: 'class', keys: ['1', '…', '9'] },
  { group: 'selecting', name: 'walk', keys: ['[', ']'] },
  { group: 'selecting', name: 'nudge', keys: ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'] },
  { group: 'selecting', name: 'vertices', keys: ['Enter'] },
  { group: 'selecting', name: 'prelabel', keys: ['Enter', 'Delete'] },
  { group: 'proposals', name: 'accept', keys: ['Enter'] },
  { group: 'proposals', name: 'add', keys: ['shift+Enter'] },
  { group: 'proposals', name: 'subtract', keys: ['alt+Enter'] },
  { group: 'proposals', name: 'drop', keys: ['Escape'] },
  { group: 'keyboard', name: 'move', keys: ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'] },
  { group: 'keyboard', name: 'faster', keys: ['shift+ArrowRight'] },
  { group: 'keyboard', name: 'click', keys: ['space', 'Enter'] },
  { group: 'keyboard', name: 'hold', keys: ['shift+space'] },
  { group: 'mouse', name: 'zoom', keys: ['mouse.wheel'] },
  { group: 'mouse', name: 'pan', keys: ['mouse.middle'] },
  { group: 'mouse', name: 'stack', keys: ['mouse.altClick'] },
  { group: 'mouse', name: 'more', keys: ['mouse.shiftClick'] },
]
