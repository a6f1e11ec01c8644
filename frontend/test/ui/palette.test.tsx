/** The palette constructor: the pure model, and the component as a person uses it. */
import { cleanup, fireEvent, render, screen, within } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, describe, expect, test } from 'vitest'

import '@/i18n'
import type { LabelClass } from '@/sync/api'
import { TooltipProvider } from '@/ui/kit/Tooltip'
import {
  addClasses,
  changesOf,
  COLOURS,
  draftOf,
  findFlaws,
  isChanged,
  moveClass,
  parseLines,
  updateClass,
  type DraftClass,
} from '@/ui/palette/model'
import { PaletteEditor } from '@/ui/palette/PaletteEditor'
import { alikePairs, contrast, distance, seenAs } from '@/ui/palette/vision'

afterEach(cleanup)

const named = (...names: string[]) =>
  addClasses(
    [],
    names.map((name) => ({ name, colour: null })),
  )
const stored = (index: number, name: string): LabelClass => ({
  id: `id-${index}`,
  index,
  name,
  colour: COLOURS[index - 1]!,
  is_thing: true,
  hotkey: String(index),
  supercategory: '',
  attributes: [],
  order: index,
  object_count: 0,
})

describe('parseLines', () => {
  test('reads a class a line, bullets and commas, and colours after names', () => {
    expect(parseLines('road #804080\n- sidewalk\r\n\n building , "wall"')).toEqual([
      { name: 'road', colour: '#804080' },
      { name: 'sidewalk', colour: null },
      { name: 'building', colour: null },
      { name: 'wall', colour: null },
    ])
  })
})

describe('addClasses', () => {
  test('gives every class its own colour and hotkey, and no key that chooses a tool', () => {
    const drafts = named(...Array.from({ length: 40 }, (_, position) => `c${position}`))
    expect(new Set(drafts.map((draft) => draft.colour)).size).toBe(40)
    const keys = drafts.map((draft) => draft.hotkey).filter(Boolean)
    expect(new Set(keys).size).toBe(keys.length)
    expect(keys.filter((key) => 'vpbldewsgtukc'.includes(key))).toEqual([])
    expect(keys[0]).toBe('1')
  })

  test('stops at 254 classes', () => {
    expect(named(...Array.from({ length: 300 }, (_, position) => `c${position}`))).toHaveLength(254)
  })

  test('takes a pasted colour unless another class has it', () => {
    const drafts = addClasses(
      [],
      [
        { name: 'a', colour: '#123456' },
        { name: 'b', colour: '#123456' },
      ],
    )
    expect(drafts[0]!.colour).toBe('#123456')
    expect(drafts[1]!.colour).not.toBe('#123456')
  })
})

describe('findFlaws', () => {
  test('finds names that differ only in case, shared colours and shared hotkeys on both classes', () => {
    const [a, b] = named('Car', 'car')
    const drafts = [a!, { ...b!, colour: a!.colour, hotkey: a!.hotkey }]
    const flaws = findFlaws(drafts)
    for (const draft of drafts) {
      expect(flaws.get(draft.key)).toEqual({
        name: 'nameTaken',
        colour: 'colourTaken',
        hotkey: 'hotkeyTaken',
      })
    }
  })

  test('finds empty names, keys of tools, and choices without options', () => {
    const drafts = named('x').map((draft) => ({
      ...draft,
      name: ' ',
      hotkey: 'p',
      attributes: [{ name: 'state', type: 'select' as const, options: [] }],
    }))
    expect([...findFlaws(drafts).values()]).toEqual([
      { name: 'nameEmpty', hotkey: 'hotkeyTool', attributes: 'attributeOptions' },
    ])
  })

  test('finds nothing in a good palette', () => {
    expect(findFlaws(named('a', 'b', 'c')).size).toBe(0)
  })
})

describe('changesOf', () => {
  const before = [stored(1, 'a'), stored(2, 'b'), stored(3, 'c')]
  const drafts = before.map(draftOf)

  test('is empty when nothing was edited', () => {
    expect(isChanged(changesOf(before, drafts))).toBe(false)
  })

  test('holds only the edited fields of an edited class', () => {
    const changes = changesOf(before, updateClass(drafts, 'id-2', { name: 'bus' }))
    expect(changes).toEqual({
      created: [],
      changed: [{ id: 'id-2', input: { name: 'bus' } }],
      reordered: false,
    })
  })

  test('tells a new order, but not for classes that are only appended', () => {
    expect(changesOf(before, moveClass(drafts, 2, 0)).reordered).toBe(true)
    const appended = addClasses(drafts, [{ name: 'd', colour: null }])
    expect(changesOf(before, appended)).toMatchObject({ changed: [], reordered: false })
    expect(changesOf(before, moveClass(appended, 3, 1)).reordered).toBe(true)
  })

  test('a deleted class is not a new order', () => {
    expect(changesOf(before, [drafts[0]!, drafts[2]!]).reordered).toBe(false)
  })
})

describe('vision', () => {
  test('red and green fall together without the green cones, not with full vision', () => {
    const [red, green] = ['#c05030', '#7a7a28'] as const
    expect(distance(red, green)).toBeGreaterThan(0.1)
    const seen = distance(seenAs(red, 'deuteranopia'), seenAs(green, 'deuteranopia'))
    expect(seen).toBeLessThan(distance(red, green) / 2)
  })

  test('grey looks alike to everybody', () => {
    for (const vision of ['protanopia', 'deuteranopia', 'tritanopia'] as const) {
      expect(distance(seenAs('#808080', vision), '#808080')).toBeLessThan(0.01)
    }
  })

  test('black on white has the contrast 21', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21, 5)
  })

  test('the first twelve colours of the palette can be told apart by everybody', () => {
    expect(alikePairs(COLOURS.slice(0, 12))).toEqual([])
  })
})

function Editor({ start }: { readonly start: readonly DraftClass[] }) {
  const [drafts, setDrafts] = useState(start)
  return (
    <TooltipProvider>
      <PaletteEditor drafts={drafts} onChange={setDrafts} />
    </TooltipProvider>
  )
}

const rows = () => screen.queryAllByTestId('class-row')
const names = () =>
  rows().map((row) => within(row).getByRole<HTMLInputElement>('textbox', { name: /^Name of class/ }).value)

describe('PaletteEditor', () => {
  test('typing a name and pressing Enter adds a class and leaves the field ready for the next', () => {
    render(<Editor start={[]} />)
    const field = screen.getByRole<HTMLInputElement>('textbox', { name: 'Name of a new class' })
    fireEvent.change(field, { target: { value: 'nucleus' } })
    fireEvent.keyDown(field, { key: 'Enter' })
    expect(names()).toEqual(['nucleus'])
    expect(field.value).toBe('')
  })

  test('a pasted list becomes classes', () => {
    render(<Editor start={[]} />)
    fireEvent.click(screen.getByRole('button', { name: 'Paste a list' }))
    fireEvent.change(screen.getByRole('textbox', { name: 'Classes to add' }), {
      target: { value: 'road\nsidewalk\ncar' },
    })
    fireEvent.click(screen.getByRole('button', { name: 'Add 3 classes' }))
    expect(names()).toEqual(['road', 'sidewalk', 'car'])
  })

  test('tells a duplicate at both classes until one is renamed', () => {
    render(<Editor start={named('car', 'bus')} />)
    const second = screen.getByRole('textbox', { name: 'Name of class 2' })
    fireEvent.change(second, { target: { value: 'Car' } })
    expect(screen.getAllByText('Another class has this name.')).toHaveLength(2)
    expect(second.getAttribute('aria-invalid')).toBe('true')
    fireEvent.change(second, { target: { value: 'van' } })
    expect(screen.queryByText('Another class has this name.')).toBeNull()
  })

  test('arrow keys on the handle change the order and say so', () => {
    render(<Editor start={named('a', 'b', 'c')} />)
    const handle = screen.getByRole('button', { name: /^Move c/ })
    fireEvent.keyDown(handle, { key: 'ArrowUp' })
    expect(names()).toEqual(['a', 'c', 'b'])
    expect(screen.getByText('c is now at 2')).toBeTruthy()
  })

  test('a hotkey is set by pressing it, and a key of a tool is refused in words', () => {
    render(<Editor start={named('a')} />)
    const field = screen.getByRole<HTMLInputElement>('textbox', { name: 'Hotkey of a' })
    fireEvent.keyDown(field, { key: 'x' })
    expect(field.value).toBe('X')
    fireEvent.keyDown(field, { key: 'b' })
    expect(screen.getByText('This key chooses a tool in the editor.')).toBeTruthy()
    fireEvent.keyDown(field, { key: 'Backspace' })
    expect(field.value).toBe('')
    expect(screen.queryByRole('alert')).toBeNull()
  })

  test('a class that was never saved is removed without a question', () => {
    render(<Editor start={named('a', 'b')} />)
    fireEvent.click(screen.getByRole('button', { name: 'Remove a' }))
    expect(names()).toEqual(['b'])
  })

  test('an attribute with options can be added to a class', () => {
    render(<Editor start={named('car')} />)
    fireEvent.click(screen.getByRole('button', { name: 'Details of car' }))
    fireEvent.click(screen.getByRole('button', { name: 'Add attribute' }))
    expect(screen.getByText(/An attribute has no name/)).toBeTruthy()
    fireEvent.change(screen.getByRole('textbox', { name: 'Name of attribute 1' }), {
      target: { value: 'state' },
    })
    fireEvent.change(screen.getByRole('textbox', { name: 'Options, separated by commas' }), {
      target: { value: 'good, worn' },
    })
    expect(screen.queryByRole('alert')).toBeNull()
  })
})
