/** The design tokens of both themes meet WCAG AA: 4.5:1 for text, 3:1 for marks and the borders of controls. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect, test } from 'vitest'

import { contrast } from '@/ui/palette/vision'

const css = readFileSync(join(import.meta.dirname, '../../src/ui/styles/tokens.css'), 'utf8')
const [light = '', dark = ''] = css.split(":root[data-theme='dark']")
const colours = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1]!, match[2]!]),
  )
const themes = { light: colours(light), dark: { ...colours(light), ...colours(dark) } }

const text: [ink: string, ...grounds: string[]][] = [
  ['text', 'bg', 'surface', 'surface-2', 'surface-3', 'raised', 'accent-soft', 'danger-soft'],
  ['text-2', 'bg', 'surface', 'surface-2', 'surface-3', 'raised'],
  ['text-3', 'bg', 'surface', 'surface-2', 'raised'],
  ['accent-text', 'bg', 'surface', 'surface-2', 'accent-soft'],
  ['on-accent', 'accent', 'accent-hover', 'accent-active'],
  ['on-accent', 'danger', 'danger-hover'],
  ['danger-text', 'surface', 'danger-soft', 'raised'],
  ['warning-text', 'surface', 'warning-soft'],
  ['success-text', 'surface', 'success-soft'],
]
const statuses = ['new', 'in_progress', 'submitted', 'accepted', 'returned'].map((name) => `status-${name}`)
const marks: [ink: string, ...grounds: string[]][] = [
  ...statuses.map((name): [string, string, string] => [name, 'surface', 'bg']),
  ['control-border', 'surface', 'bg'],
  ['accent', 'surface', 'bg'],
]

const cases = (rows: [ink: string, ...grounds: string[]][], least: number) =>
  (['light', 'dark'] as const).flatMap((theme) =>
    rows.flatMap(([ink, ...grounds]) => grounds.map((ground) => ({ theme, ink, ground, least }))),
  )

test.each([...cases(text, 4.5), ...cases(marks, 3)])(
  '$theme: $ink on $ground is at least $least:1',
  ({ theme, ink, ground, least }) => {
    expect(contrast(themes[theme][ink]!, themes[theme][ground]!)).toBeGreaterThanOrEqual(least)
  },
)
