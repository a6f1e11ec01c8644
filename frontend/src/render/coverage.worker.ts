/** The worker that knows which pixels no object covers: changes and questions in, counts and answers out. */
import { Coverage } from '@/core/operations/unlabelled'

import type { FromCoverage, Question, ToCoverage } from './coverage'

let coverage: Coverage | null = null
let counting = false
/** Of the document that is counted. */
let turnOf = 0
const turn = new MessageChannel()

/** Counts once for all the changes that have arrived meanwhile. */
turn.port1.onmessage = () => {
  counting = false
  if (coverage) answer({ type: 'count', turn: turnOf, count: coverage.count() })
}

function answer(message: FromCoverage): void {
  self.postMessage(message)
}

function asked(about: Coverage, question: Question): Extract<FromCoverage, { type: 'answer' }>['value'] {
  switch (question.what) {
    case 'regions':
      return about.regions(question.most)
    case 'at':
      return about.regionAt(question.x, question.y)
    case 'rest':
      return about.rest()
  }
}

self.onmessage = ({ data }: MessageEvent<ToCoverage>) => {
  if (data.type === 'end') coverage = null
  if (data.type === 'begin') {
    coverage = new Coverage(data.size)
    turnOf = data.turn
  }
  if (!coverage) return
  if (data.type === 'ask')
    return answer({ type: 'answer', turn: turnOf, id: data.id, value: asked(coverage, data.question) })
  if (data.type === 'change') {
    for (const id of data.remove) coverage.remove(id)
    for (const record of data.put) coverage.put(record)
  }
  if (counting) return
  counting = true
  turn.port2.postMessage(null)
}
