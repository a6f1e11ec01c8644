/** The colours that classes are shown in: their own, or a palette that colour-blind people can tell apart. */
import { safeColours } from '@/core/palette'
import type { ClassColours } from '@/render/shapes'
import type { EditorClass } from '@/tools/editorState'

import type { ViewOptions } from './options'

type Shown = Pick<ViewOptions, 'colourBy' | 'safeColours'>

export function shownColours(classes: readonly EditorClass[], options: Shown): ClassColours {
  const colours = options.safeColours
    ? safeColours(classes.map((item) => item.index))
    : Object.fromEntries(classes.map((item) => [item.index, item.colour]))
  return options.colourBy === 'object' ? { ...colours, byObject: true } : colours
}
