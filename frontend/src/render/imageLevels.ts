/** The photograph in halves: full size, half, quarter ..., so that drawing it small does not read every pixel. */
import type { TiledImage } from './tiledImage'

export interface ImageLevel {
  readonly bitmap: ImageBitmap
  /** Level pixels per image pixel: 1, 1/2, 1/4 ... (nearly: sizes are whole). */
  readonly scale: number
}

export interface ImageLevels {
  readonly width: number
  readonly height: number
  /** Largest first. Of a large image the overview alone. */
  readonly levels: readonly ImageLevel[]
  /** The finer levels of a large image, tile by tile. */
  readonly tiles?: TiledImage<ImageBitmap>
}

/** A level below this size (longer side) is of no use. */
const SMALLEST = 256

/** Decodes an image and halves it again and again. Runs in a worker: decoding 12 megapixels takes about 100 ms. */
export async function makeLevels(blob: Blob): Promise<ImageLevels> {
  const full = await createImageBitmap(blob)
  const levels: ImageLevel[] = [{ bitmap: full, scale: 1 }]
  let last = full
  while (Math.max(last.width, last.height) / 2 >= SMALLEST) {
    const width = Math.max(1, Math.round(last.width / 2))
    const height = Math.max(1, Math.round(last.height / 2))
    last = await createImageBitmap(last, {
      resizeWidth: width,
      resizeHeight: height,
      resizeQuality: 'medium',
    })
    levels.push({ bitmap: last, scale: width / full.width })
  }
  return { width: full.width, height: full.height, levels }
}

/** The smallest level that still has a pixel for every device pixel, or nearly (`slack` < 1 takes a coarser one). */
export function levelFor(image: ImageLevels, scale: number, slack: number): ImageLevel {
  let chosen = image.levels[0]!
  for (const level of image.levels) if (level.scale >= scale * slack) chosen = level
  return chosen
}

export function releaseLevels(image: ImageLevels): void {
  image.tiles?.dispose()
  for (const level of image.levels) level.bitmap.close()
}
