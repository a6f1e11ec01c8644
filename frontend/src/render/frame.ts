/** What the layers draw: a read-only description of one frame. Made by the editor, never changed by a layer. */
import type { PhotoLook } from '@/core/adjust'
import type { AnnotationRecord } from '@/core/document'
import type { Draft } from '@/core/draft'
import type { Viewport } from '@/core/viewport'

import type { ImageLevels } from './imageLevels'
import type { SceneStyle } from './protocol'
import type { Transform } from './shapes'

export interface FrameState {
  readonly viewport: Viewport
  readonly image: ImageLevels | null
  /** How the photograph is shown; as it is when left out. */
  readonly look?: PhotoLook | null
  readonly style: SceneStyle
  readonly draft: Draft
  readonly selected: readonly AnnotationRecord[]
  readonly hovered: AnnotationRecord | null
  /** Colours of handles, selection and grid, which follow the theme. */
  readonly accent: string
}

/** Image to device pixels. Whole device pixels of offset, so that tiles are copied and not resampled. */
export function deviceTransform(view: Viewport): Transform {
  return {
    scale: view.scale * view.dpr,
    dx: Math.round(view.offsetX * view.dpr),
    dy: Math.round(view.offsetY * view.dpr),
  }
}
