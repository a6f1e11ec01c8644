/** A slider of one or two thumbs with its name and value above. */
import { Slider } from 'radix-ui'

interface LabelledSliderProps {
  readonly label: string
  readonly shown: string
  readonly min: number
  readonly max: number
  readonly step?: number
  readonly values: readonly number[]
  /** What each thumb is called; the label when left out. */
  readonly names?: readonly string[]
  readonly onValues: (values: readonly number[]) => void
}

export function LabelledSlider(props: LabelledSliderProps) {
  const { label, shown, min, max, step = 1, values, names, onValues } = props
  return (
    <div className="stack-2">
      <div className="spread">
        <span className="field-label">{label}</span>
        <span className="muted small num">{shown}</span>
      </div>
      <Slider.Root
        className="slider slider-wide"
        min={min}
        max={max}
        step={step}
        value={[...values]}
        onValueChange={onValues}
      >
        <Slider.Track className="slider-track">
          <Slider.Range className="slider-range" />
        </Slider.Track>
        {values.map((_, k) => (
          <Slider.Thumb
            key={k}
            className="slider-thumb"
            aria-label={names?.[k] ?? label}
            aria-valuetext={shown}
          />
        ))}
      </Slider.Root>
    </div>
  )
}
