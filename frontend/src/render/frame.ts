/** What the layers draw: a read-only description of one frame. Made by the editor, never changed by a layer. */
import type { PhotoLook } from '@/core/adjust'
import type { AnnotationRecord } from '@/core/document'
import type { Draft } from '@/core/draft'
import type { Viewport } from '@/core/viewport'

import type { ImageLevels } from './imageLevels'
import type { SceneStyle } from './protocol'
import type { Transform } from './shapes'

/** A map over the image: its own resolution is as coarse as it likes. */
export interface Heat {
  readonly picture: CanvasImageSource & { readonly width: number; readonly height: number }
  readonly opacity: number
}

export interface FrameState {
  readonly viewport: Viewport
  readonly image: ImageLevels | null
  /** How the photograph is shown; as it is when left out. */
  readonly look?: PhotoLook | null
  readonly style: SceneStyle
  readonly draft: Draft
  readonly selected: readonly AnnotationRecord[]
  readonly hovered: AnnotationRecord | null
  /** A model's proposals that the pointer is over or the person has in hand. */
  readonly pointed?: {
    readonly hover: AnnotationRecord | null
    readonly chosen: AnnotationRecord | null
  } | null
  /** A picture that is stretched over the whole image, under the objects. */
  readonly heat?: Heat | null
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
