/**
 * Fuzzy search over names: letters in order, better at the beginnings of words and side by side. Accents and case do
 * not count, so that "selecao" finds "Seleção". Owns no list and no language.
 */

export interface Match {
  /** Higher is better. */
  readonly score: number
  /** Positions in the text that matched, for showing them. */
  readonly at: readonly number[]
}

const WORD_START = 9
const NEXT_TO = 6
const PLAIN = 1
const EXACT = 30
/** Letters strewn over a sentence are no match: on average each must begin a word or stand by the last one. */
const LEAST = 4.5
/** What each letter of the text costs that no query letter met: short names before long ones. */
const UNMET = 0.08

/** Letters without accents and case, one for each of the text's, so that positions stay. */
export function plain(text: string): string {
  return Array.from(text, (letter) => {
    const bare = letter.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
    return bare.length === letter.length ? bare : letter
  }).join('')
}

/** Null when some word of the query does not occur in the text; an empty query matches everything alike. */
export function match(query: string, text: string): Match | null {
  const words = plain(query).split(/\s+/).filter(Boolean)
  const letters = plain(text)
  const at = new Set<number>()
  let score = 0
  for (const word of words) {
    const found = matchWord(word, letters)
    if (!found) return null
    score += found.score
    found.at.forEach((position) => at.add(position))
  }
  if (words.length > 0) score -= UNMET * Math.max(0, letters.length - at.size)
  return { score, at: [...at].sort((a, b) => a - b) }
}

function matchWord(word: string, text: string): Match | null {
  const whole = wholeWord(word, text)
  if (whole >= 0) {
    const starts = isStart(text, whole)
    const at = Array.from(word, (_, k) => whole + k)
    return { score: EXACT + word.length * NEXT_TO + (starts ? WORD_START * 2 : 0), at }
  }
  return scattered(word, text)
}

/** Where the word occurs in one piece, at the beginning of a word if it does there; -1 when nowhere. */
function wholeWord(word: string, text: string): number {
  let first = -1
  for (let k = text.indexOf(word); k >= 0; k = text.indexOf(word, k + 1)) {
    if (isStart(text, k)) return k
    if (first < 0) first = k
  }
  return first
}

/**
 * The letters one after the other: from each possible beginning greedily, preferring beginnings of words; the best is
 * kept. Not the optimum of all placements, which nobody could tell apart in a list of short names.
 */
function scattered(word: string, text: string): Match | null {
  let best: Match | null = null
  for (let from = text.indexOf(word[0]!); from >= 0; from = text.indexOf(word[0]!, from + 1)) {
    const found = follow(word, text, from)
    if (!found) break
    if (found.score < word.length * LEAST) continue
    if (!best || found.score > best.score) best = found
  }
  return best
}

function follow(word: string, text: string, from: number): Match | null {
  const at = [from]
  let score = isStart(text, from) ? WORD_START : PLAIN
  for (const letter of word.slice(1)) {
    const last = at.at(-1)!
    const next = text.indexOf(letter, last + 1)
    if (next < 0) return null
    const start = next === last + 1 ? next : startWith(text, letter, last + 1)
    const to = start >= 0 ? start : next
    score += to === last + 1 ? NEXT_TO : isStart(text, to) ? WORD_START : PLAIN
    at.push(to)
  }
  return { score, at }
}

function startWith(text: string, letter: string, from: number): number {
  for (let k = text.indexOf(letter, from); k >= 0; k = text.indexOf(letter, k + 1))
    if (isStart(text, k)) return k
  return -1
}

function isStart(text: string, at: number): boolean {
  return at === 0 || !/[\p{L}\p{N}]/u.test(text[at - 1]!)
}
