/** The histogram of what is on screen of the photograph, as it is and not as it is shown. */
import { type Histogram, histogramOf } from '@/core/adjust'
import { visibleRect } from '@/core/viewport'

import type { EditorSession } from '../session'

/** Sampled to so many pixels a side: enough for 256 bars. */
const SIDE = 320

/** Rejects while the photograph is not there, or where a large one's tiles do not come. */
export async function visibleHistogram(session: EditorSession): Promise<Histogram> {
  const { rgba } = await session.pixels.readPixels(visibleRect(session.view.get().viewport), SIDE)
  return histogramOf(rgba)
}
