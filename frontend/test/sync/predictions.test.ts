/** Which model's proposals are shown, and what a predicted object is once it is accepted. */
import { describe, expect, test } from 'vitest'

import { type ModelEntry, prelabellers, proposalFromWire, type WireProposal } from '@/sync/predictions'

const model = (id: string, more: Partial<ModelEntry>): ModelEntry => ({
  id,
  number: 1,
  name: '',
  purpose: 'instance',
  state: 'retired',
  promoted: '2026-01-01T00:00:00Z',
  ...more,
})

describe('the model in use', () => {
  test('is the champion for the project’s own task, before newer ones for others', () => {
    const models = [
      model('newer', { state: 'champion', purpose: 'semantic', promoted: '2026-03-01T00:00:00Z' }),
      model('own', { state: 'champion', purpose: 'instance' }),
    ]
    expect(prelabellers(models, 'instance').champion?.id).toBe('own')
    expect(prelabellers(models, 'panoptic').champion?.id).toBe('newer')
  })

  test('is never a click model', () => {
    const clicks = model('clicks', { state: 'champion', purpose: 'click' })
    expect(prelabellers([clicks], 'instance')).toEqual({ champion: null, earlier: [], all: [] })
  })

  test('is followed by earlier champions, the last one first, without those that never were', () => {
    const models = [
      model('first', {}),
      model('last', { promoted: '2026-02-01T00:00:00Z' }),
      model('never', { promoted: null }),
      model('candidate', { state: 'candidate', promoted: null }),
    ]
    expect(prelabellers(models, 'instance').earlier.map(({ id }) => id)).toEqual(['last', 'first'])
  })
})

test('a predicted object becomes a new object of its model, whatever else it carries', () => {
  const given: WireProposal = {
    id: 'a',
    class: 3,
    kind: 'polygon',
    polygons: [[[0, 0, 4, 0, 4, 4]]],
    score: 0.75,
    uncertainty: null,
    bbox: [0, 0, 4, 4],
    area: 8,
  }
  const { record, score, uncertainty } = proposalFromWire(given, 'm3')
  expect({ score, uncertainty }).toEqual({ score: 0.75, uncertainty: null })
  expect(record).toMatchObject({ id: 'a', classIndex: 3, z: 0, source: 'model', model: 'm3', score: 0.75 })
  expect(record).toMatchObject({ version: null, attributes: {}, isCrowd: false })
})
