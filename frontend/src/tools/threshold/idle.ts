/** Threshold, before an area is chosen: the selected object, what is on screen, or a box that is dragged. */
import { type AnnotationRecord, geometryOf, type Polygon } from '@/core/document'
import { maskToPolygons } from '@/core/editing'
import type { Rect } from '@/core/points'
import { bboxOf } from '@/core/shapes'

import { mayBegin } from '../assist/begin'
import { Boxing } from '../assist/boxing'
import { regionOfView } from '../assist/region'
import { selected, type ToolContext, type ToolState } from '../context'
import type { KeyInput, PointerInput } from '../events'
import { type ThresholdArea, ThresholdProposing } from './proposing'

/** What the interface takes of polygons. */
const MOST_POLYGONS = 200
const MOST_NUMBERS = 20_000
const LONGEST_VIEW = 2048

export class ThresholdIdle implements ToolState {
  constructor(private readonly context: ToolContext) {}

  enter(): void {
    this.context.show({ cursor: 'crosshair' })
  }

  /** The tool was chosen: looks at the selected object, or else at what is on screen. */
  begin(): ToolState {
    return this.over(areaOfSelection(this.context) ?? this.visible())
  }

  pointer(input: PointerInput): ToolState {
    if (input.type !== 'down' || input.button !== 0) return this
    if (this.context.state.get().readOnly && !mayBegin(this.context, input)) return this
    return this.boxing(input, this)
  }

  /** A drag chooses the area; a click takes what is on screen. */
  boxing(input: PointerInput, back: ToolState): ToolState {
    return new Boxing(this.context, input, {
      back,
      done: (box) => {
        back.cancel()
        return this.over(box ? { region: outwards(box, this.context), box } : this.visible())
      },
    })
  }

  key(input: KeyInput): ToolState | null {
    return input.key === 'Enter' && !input.mod ? this.begin() : null
  }

  cancel(): ToolState {
    return this
  }

  private over(area: ThresholdArea | null): ToolState {
    if (area && !this.context.state.get().readOnly) return new ThresholdProposing(this.context, this, area)
    this.context.hint({ key: area ? 'hint.readOnly' : 'assists:hint.outside', tone: 'warning' })
    return this
  }

  private visible(): ThresholdArea | null {
    const region = regionOfView(this.context.view(), LONGEST_VIEW, this.context)
    return region && { region }
  }
}

function outwards(box: Rect, image: { readonly width: number; readonly height: number }): Rect {
  return {
    x0: Math.max(0, Math.floor(box.x0)),
    y0: Math.max(0, Math.floor(box.y0)),
    x1: Math.min(image.width, Math.ceil(box.x1)),
    y1: Math.min(image.height, Math.ceil(box.y1)),
  }
}

/** The selected object's own area; null when none is selected, or not one, or it has no area. */
function areaOfSelection(context: ToolContext): ThresholdArea | null {
  const [record, more] = selected(context)
  if (!record || more || record.kind === 'polyline' || record.kind === 'point') return null
  const bounds = bboxOf(record)
  const region = outwards(bounds, context)
  const polygons = polygonsOf(record)
  const numbers = polygons.flat().map((ring) => ring.length)
  const fits = polygons.length <= MOST_POLYGONS && numbers.every((count) => count <= MOST_NUMBERS)
  return fits ? { region, polygons } : { region, box: bounds }
}

function polygonsOf(record: AnnotationRecord): readonly Polygon[] {
  const geometry = geometryOf(record)
  if (geometry.kind === 'polygon') return geometry.polygons
  if (geometry.kind === 'mask') return maskToPolygons(geometry.mask)
  if (geometry.kind !== 'box') return []
  const [x0, y0, x1, y1] = geometry.box
  return [[Float32Array.of(x0, y0, x1, y0, x1, y1, x0, y1)]]
}
