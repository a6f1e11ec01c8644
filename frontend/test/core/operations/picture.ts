/** Pixels as text, for tests by hand: `#` is set, anything else is not. */
import type { MaskGeometry } from '../../../src/core/document'
import { maskFromBitmap, bitmapOf } from '../../../src/core/bitmap'
import { type Area, pixelsOf } from '../../../src/core/operations/area'

export function maskOf(...rows: string[]): MaskGeometry {
  const width = rows[0]!.length
  const data = Uint8Array.from(rows.flatMap((row) => Array.from(row, (sign) => (sign === '#' ? 1 : 0))))
  return maskFromBitmap({ width, height: rows.length, data })
}

export function area(...rows: string[]): Area {
  return { kind: 'mask', mask: maskOf(...rows) }
}

/** An area's pixels over a picture of this size. */
export function picture(shape: Area | null, width: number, height: number): string[] {
  if (shape === null) return ['nothing']
  const mask = pixelsOf(shape, { width, height })
  const { data } = bitmapOf(mask)
  return Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const [i, j] = [x - mask.x, y - mask.y]
      const inside = i >= 0 && j >= 0 && i < mask.width && j < mask.height
      return inside && data[j * mask.width + i] === 1 ? '#' : '.'
    }).join(''),
  )
}

export function polygon(...rings: number[][]): Area {
  return { kind: 'polygon', polygons: [rings.map((ring) => Float32Array.from(ring))] }
}

/** Rings as plain numbers. */
export function rings(shape: Area | null): number[][] {
  return shape?.kind === 'polygon' ? shape.polygons.flat().map((ring) => Array.from(ring)) : []
}
