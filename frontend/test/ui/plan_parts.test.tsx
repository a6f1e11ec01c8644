// @vitest-environment jsdom
/** The inputs of a plan's values, as a person types into them. */
import { cleanup, fireEvent, render, screen } from '@testing-library/react'
import { useState } from 'react'
import { afterEach, describe, expect, test } from 'vitest'

import '@/i18n'
import { TooltipProvider } from '@/ui/kit/Tooltip'
import { numberIn } from '@/ui/kit/format'
import { fieldError } from '@/ui/kit/Problem'
import { bringForm, refusalOf } from '@/ui/models/BringDialog'
import { overridesOf } from '@/ui/models/train/planFields'
import { PlanView } from '@/ui/models/train/PlanView'

afterEach(cleanup)

const PLAN = {
  steps: 200,
  input_size: [224, 224],
  losses: [
    { name: 'cross_entropy', weight: 1 },
    { name: 'dice', weight: 1 },
  ],
  augmentation: { flip_horizontal: true, rotate: 10, zoom: [0.75, 1.33] },
  class_weights: [0.5, 1, 2],
}

/** A plan that can be changed; gives what would be asked of the server. */
function changeable() {
  let asked = overridesOf({}, PLAN)
  function Changeable() {
    const [texts, setTexts] = useState<Readonly<Record<string, string>>>({})
    asked = overridesOf(texts, PLAN)
    const onText = (field: string, text: string | null) =>
      setTexts(({ [field]: _gone, ...rest }) => (text === null ? rest : { ...rest, [field]: text }))
    return <PlanView plan={PLAN} reasons={{}} changes={{ texts, problems: {}, encoders: [], onText }} />
  }
  render(
    <TooltipProvider>
      <Changeable />
    </TooltipProvider>,
  )
  return () => asked
}

const type = (label: string, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } })

describe('plan', () => {
  test('each part of a value is changed by itself, and put back', () => {
    const asked = changeable()
    type('Input size (height × width), 2', '320')
    type('turn (°)', '15')
    type('Weight of Dice', '2,5')
    fireEvent.click(screen.getByRole('checkbox', { name: 'mirror left-right' }))
    expect(asked()).toEqual({
      problems: {},
      overrides: {
        input_size: [224, 320],
        augmentation: { flip_horizontal: false, rotate: 15, zoom: [0.75, 1.33] },
        losses: [
          { name: 'cross_entropy', weight: 1 },
          { name: 'dice', weight: 2.5 },
        ],
      },
    })
    fireEvent.click(screen.getAllByRole('button', { name: 'Back to the planner’s value' })[0]!)
    expect(Object.keys(asked().overrides).sort()).toEqual(['augmentation', 'losses'])
  })
  test('a loss is added and removed; the last one stays', () => {
    const asked = changeable()
    fireEvent.click(screen.getByRole('button', { name: 'Add a loss' }))
    fireEvent.click(screen.getByRole('button', { name: 'Remove cross-entropy' }))
    fireEvent.click(screen.getByRole('button', { name: 'Remove Dice' }))
    expect(asked().overrides).toEqual({ losses: [{ name: 'focal', weight: 1 }] })
    expect(screen.queryByRole('button', { name: 'Remove focal' })).toBeNull()
  })
  test('a list keeps what is typed while it is typed, and names what is no number', () => {
    const asked = changeable()
    fireEvent.click(screen.getByRole('button', { name: '1 more value' }))
    type('Class weights', '0.5, 1, ')
    expect(screen.getByLabelText<HTMLInputElement>('Class weights').value).toBe('0.5, 1, ')
    expect(asked().overrides).toEqual({ class_weights: [0.5, 1] })
    type('Class weights', '0.5, one')
    expect(asked().problems).toEqual({ class_weights: 'number' })
  })
})

describe('bringing a model', () => {
  test('files, kind and settings are sent as the server reads them', () => {
    const files = [new File(['a'], 'net.onnx'), new File(['b'], 'labels.pbtxt')]
    const settings = { confidence: numberIn('0,4'), detections: numberIn('many') }
    const form = bringForm({ files, name: ' Mine ', kind: 'semantic', settings })
    expect(form.getAll('files').map((file) => (file as File).name)).toEqual(['net.onnx', 'labels.pbtxt'])
    expect([form.get('name'), form.get('kind')]).toEqual(['Mine', 'semantic'])
    expect(JSON.parse(form.get('settings') as string)).toEqual({ confidence: 0.4, detections: null })
  })

  test('a trial that fails says beside which of the two files it belongs', () => {
    const errors = [{ where: 'label_map', message: 'the number 4' }]
    const refusal = refusalOf({ state: 'failed', error: { detail: 'the number 4', errors } })
    expect(fieldError(refusal, 'label_map')).toBe('the number 4')
    expect(fieldError(refusal, 'model')).toBeNull()
  })

  test('a trial that runs, or failed for another reason than the files, is shown as what it is', () => {
    expect(refusalOf({ state: 'running', error: null })).toBeNull()
    expect(refusalOf({ state: 'failed', error: { detail: 'the worker died', errors: [] } })).toBeNull()
  })
})
