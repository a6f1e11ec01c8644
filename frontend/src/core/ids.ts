/**
 * Ids of new objects: UUIDs that sort by the time they were made (RFC 9562, version 7), so that of two objects drawn
 * before one save the later lies on top, here and after saving (the drawing order ends with the id).
 */

const COUNTER_LIMIT = 0x1000

/**
 * Makes a source of ids, each greater than the one before.
 *
 * `now`: milliseconds since 1970. `fillRandom`: fills the bytes with random values (`crypto.getRandomValues`).
 */
export function makeIdSource(
  now: () => number,
  fillRandom: (bytes: Uint8Array<ArrayBuffer>) => void,
): () => string {
  let time = 0
  let counter = 0
  return () => {
    const current = Math.floor(now())
    counter = current > time ? 0 : counter + 1
    if (current > time) time = current
    if (counter === COUNTER_LIMIT) {
      counter = 0
      time++ // more than 4096 in one millisecond, or a clock set back: go on from the last time
    }
    const random = new Uint8Array(8)
    fillRandom(random)
    random[0] = (random[0]! & 0x3f) | 0x80
    return format(time, counter, random)
  }
}

function format(time: number, counter: number, random: Uint8Array): string {
  const head = time.toString(16).padStart(12, '0')
  const tail = Array.from(random, (byte) => byte.toString(16).padStart(2, '0')).join('')
  const middle = (0x7000 | counter).toString(16)
  return `${head.slice(0, 8)}-${head.slice(8)}-${middle}-${tail.slice(0, 4)}-${tail.slice(4)}`
}
