/** What every benchmark page shares: one input a frame, a mark before each, and how long the frames took. */

export const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve))

/** One input a frame; a mark before each. Returns the frames' intervals in ms. */
export async function drive(name: string, steps: number, input: (step: number) => void): Promise<number[]> {
  const times: number[] = []
  await frame()
  for (let step = 0; step < steps; step++) {
    performance.mark(`${name}:${step}`)
    input(step)
    times.push(await frame())
  }
  performance.mark(`${name}:${steps}`)
  return times.slice(1).map((time, k) => time - times[k]!)
}

/** The colours of classes in every page. */
export const COLOURS = Array.from(
  { length: 8 },
  (_, k) => `#${((k * 2654435761) >>> 8).toString(16).padStart(6, '0').slice(0, 6)}`,
)

export const middle = () => ({ x: innerWidth / 2, y: innerHeight / 2 })

/** A curve around the middle of the window, CSS pixels. */
export const around = (step: number, radius: number) => ({
  x: middle().x + radius * Math.cos(step / 12),
  y: middle().y + radius * Math.sin(step / 9),
})
