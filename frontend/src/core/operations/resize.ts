/** Growing and shrinking an area by a number of pixels: what `morphology.ts` does to the pixels of any kind of area. */
import { type Area, kindFor, outcome, pixelsOf, type Size } from './area'
import { growMask, shrinkMask } from './morphology'

/** Adds all pixels at most `radius` from the area. */
export function grow(area: Area, radius: number, size: Size): Area | null {
  return outcome(kindFor(area), growMask(pixelsOf(area, size), radius, size), null, size)
}

/** Takes away all pixels at most `radius` from what is outside. Null when none is left. */
export function shrink(area: Area, radius: number, size: Size): Area | null {
  return outcome(kindFor(area), shrinkMask(pixelsOf(area, size), radius, size), null, size)
}
