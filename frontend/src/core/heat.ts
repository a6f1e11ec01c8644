/**
 * Colours for a map of values 0..1: even steps of the value are even steps to the eye, also without colour vision, for
 * the lightness alone tells the order. Owns the colours; a layer owns where they go.
 *
 * Source: B. Ottosson, "A perceptual color space for image processing" (2020), for Oklab.
 */

/** Dark violet over red to light yellow: the lightness rises in a straight line. */
const FROM = { lightness: 0.25, chroma: 0.13, hue: 300 }
const TO = { lightness: 0.95, chroma: 0.15, hue: 460 }
/** What is sure hardly hides the photograph. */
const LEAST_ALPHA = 0.2

export type Rgb = readonly [number, number, number]

/** The colour of a value 0..1, as 0..255. */
export function heatColour(value: number): Rgb {
  const at = Math.min(1, Math.max(0, value))
  const mix = (from: number, to: number) => from + at * (to - from)
  const lightness = mix(FROM.lightness, TO.lightness)
  const hue = (mix(FROM.hue, TO.hue) * Math.PI) / 180
  // The ends of the range have less room for colour than its middle.
  const chroma = mix(FROM.chroma, TO.chroma) * (0.75 + Math.sin(Math.PI * at) * 0.35)
  return rgbOfLab(lightness, chroma * Math.cos(hue), chroma * Math.sin(hue))
}

/** Paints grey pixels (RGBA) over in the colours, in place: light is uncertain, and dark lets the photograph through. */
export function paintHeat(rgba: Uint8ClampedArray): void {
  const table = Array.from({ length: 256 }, (_, value) => heatColour(value / 255))
  for (let k = 0; k < rgba.length; k += 4) {
    const value = rgba[k]!
    const [red, green, blue] = table[value]!
    rgba[k] = red
    rgba[k + 1] = green
    rgba[k + 2] = blue
    rgba[k + 3] = 255 * (LEAST_ALPHA + (1 - LEAST_ALPHA) * (value / 255))
  }
}

/** The colours as a CSS gradient, for a legend. */
export function heatGradient(): string {
  const stops = [0, 0.2, 0.4, 0.6, 0.8, 1].map(
    (value) => `rgb(${heatColour(value).join(' ')}) ${value * 100}%`,
  )
  return `linear-gradient(to right, ${stops.join(', ')})`
}

function rgbOfLab(lightness: number, a: number, b: number): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    encoded(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    encoded(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    encoded(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ]
}

/** Linear light as sRGB, 0..255. */
function encoded(linear: number): number {
  const value = Math.min(1, Math.max(0, linear))
  const curved = value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055
  return Math.round(255 * curved)
}
