/**
 * How colours look to people with a colour vision deficiency, and how far apart two colours are.
 * Source: Machado, Oliveira, Fernandes 2009 (matrices at severity 1.0, on linear RGB); OKLab by B. Ottosson 2020.
 */
import { parseHex, toHex } from '@/core/palette'

export type Vision = 'normal' | 'protanopia' | 'deuteranopia' | 'tritanopia'
export const VISIONS: readonly Vision[] = ['normal', 'protanopia', 'deuteranopia', 'tritanopia']

type Triple = readonly [number, number, number]
type Matrix = readonly [Triple, Triple, Triple]

const MATRICES: Readonly<Record<Exclude<Vision, 'normal'>, Matrix>> = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
}

const TO_LMS: Matrix = [
  [0.4122214708, 0.5363325363, 0.0514459929],
  [0.2119034982, 0.6806995451, 0.1073969566],
  [0.0883024619, 0.2817188376, 0.6299787005],
]
const TO_LAB: Matrix = [
  [0.2104542553, 0.793617785, -0.0040720468],
  [1.9779984951, -2.428592205, 0.4505937099],
  [0.0259040371, 0.7827717662, -0.808675766],
]

function times(matrix: Matrix, [a, b, c]: Triple): Triple {
  const [r0, r1, r2] = matrix
  return [
    r0[0] * a + r0[1] * b + r0[2] * c,
    r1[0] * a + r1[1] * b + r1[2] * c,
    r2[0] * a + r2[1] * b + r2[2] * c,
  ]
}

/** sRGB 0..255 to linear 0..1. */
function linear(value: number): number {
  const share = value / 255
  return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
}
function encoded(value: number): number {
  const share = Math.min(1, Math.max(0, value))
  return Math.round(255 * (share <= 0.0031308 ? share * 12.92 : 1.055 * share ** (1 / 2.4) - 0.055))
}
function linearOf(hex: string): Triple {
  const [r, g, b] = parseHex(hex)
  return [linear(r), linear(g), linear(b)]
}

/** The colour (#rrggbb) as someone with this vision sees it. */
export function seenAs(hex: string, vision: Vision): string {
  if (vision === 'normal') return hex
  const [r, g, b] = times(MATRICES[vision], linearOf(hex))
  return toHex([encoded(r), encoded(g), encoded(b)])
}

function oklab(hex: string): Triple {
  const [l, m, s] = times(TO_LMS, linearOf(hex))
  return times(TO_LAB, [Math.cbrt(l), Math.cbrt(m), Math.cbrt(s)])
}

/** Distance in OKLab: 0 equal, 1 black to white; under about 0.05 two areas side by side are hard to tell apart. */
export function distance(one: string, other: string): number {
  const [a, b, c] = oklab(one)
  const [x, y, z] = oklab(other)
  return Math.hypot(a - x, b - y, c - z)
}

export const TOO_ALIKE = 0.05

export interface AlikePair {
  readonly first: number
  readonly second: number
  readonly vision: Vision
}

/** Pairs of colours that someone can hardly tell apart, each with the first vision it happens under. */
export function alikePairs(colours: readonly string[]): AlikePair[] {
  const pairs: AlikePair[] = []
  for (let first = 0; first < colours.length; first += 1) {
    for (let second = first + 1; second < colours.length; second += 1) {
      const vision = VISIONS.find(
        (each) => distance(seenAs(colours[first]!, each), seenAs(colours[second]!, each)) < TOO_ALIKE,
      )
      if (vision) pairs.push({ first, second, vision })
    }
  }
  return pairs
}

/** WCAG contrast of two colours, 1..21. */
export function contrast(one: string, other: string): number {
  const luminance = (hex: string) => {
    const [r, g, b] = linearOf(hex)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}
