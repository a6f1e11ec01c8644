/** A number in the bar: its name, a slider, its value. */
import { Slider } from 'radix-ui'

interface SettingProps {
  readonly label: string
  readonly value: number
  readonly low: number
  readonly high: number
  readonly step?: number
  readonly onValue: (value: number) => void
}

export function Setting({ label, value, low, high, step = 1, onValue }: SettingProps) {
  return (
    <span className="assist-setting">
      <span className="muted">{label}</span>
      <Slider.Root
        className="slider"
        min={low}
        max={high}
        step={step}
        value={[value]}
        onValueChange={([next]) => next !== undefined && onValue(next)}
      >
        <Slider.Track className="slider-track">
          <Slider.Range className="slider-range" />
        </Slider.Track>
        <Slider.Thumb className="slider-thumb" aria-label={label} />
      </Slider.Root>
      <span className="num assist-value">{value}</span>
    </span>
  )
}
