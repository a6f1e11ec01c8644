/** The colour of a class beside its name; void's is the grey hatch that its objects have. */
import { VOID } from '@/core/document'
import { NO_COLOUR } from '@/render/shapes'
import { Swatch } from '@/ui/kit/Bits'

interface ClassSwatchProps {
  readonly index: number
  readonly colour: string | undefined
  readonly size: number
}

const HATCH = `repeating-linear-gradient(135deg, ${NO_COLOUR} 0 2px, transparent 2px 4px)`

export function ClassSwatch({ index, colour, size }: ClassSwatchProps) {
  return <Swatch colour={index === VOID ? HATCH : (colour ?? NO_COLOUR)} size={size} />
}
