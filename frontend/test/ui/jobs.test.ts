/** Following a job: by events, and by asking where events do not come through. */
import { describe, expect, test } from 'vitest'

import type { Job, JobState } from '@/sync/api'
import { followJob, type JobEvents, type JobSources } from '@/sync/jobs'

function job(state: JobState, progress: number): Job {
  return {
    id: 'j1',
    kind: 'export',
    project: null,
    parameters: {},
    state,
    progress,
    stage: '',
    attempts: 1,
    max_attempts: 3,
    cancel_requested: false,
    created: '2026-01-01T00:00:00Z',
    started: null,
    finished: null,
    created_by: null,
    result: null,
    error: null,
  }
}

/** Sources that the test plays by hand. */
function stage(answers: (Job | Error)[]) {
  const events: JobEvents & { closed: boolean } = {
    onmessage: null,
    onerror: null,
    closed: false,
    close: () => {
      events.closed = true
    },
  }
  const waiting: (() => void)[] = []
  const asked: string[] = []
  const sources: JobSources = {
    events: (url) => {
      asked.push(url)
      return events
    },
    fetch: (id) => {
      asked.push(id)
      const answer = answers.shift() ?? new Error('no answer left')
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer)
    },
    wait: (callback) => {
      waiting.push(callback)
      return () => {
        waiting.length = 0
      }
    },
  }
  const seen: string[] = []
  const stop = followJob('j1', (next) => seen.push(`${next.state} ${next.progress}`), sources)
  const send = (next: Job) => events.onmessage?.(new MessageEvent('message', { data: JSON.stringify(next) }))
  const turn = async () => {
    waiting.shift()?.()
    await Promise.resolve()
    await Promise.resolve()
  }
  return { events, waiting, asked, seen, stop, send, turn }
}

describe('followJob', () => {
  test('tells each event and closes when the job has finished', () => {
    const play = stage([])
    play.send(job('running', 0.5))
    play.send(job('succeeded', 1))
    expect(play.seen).toEqual(['running 0.5', 'succeeded 1'])
    expect(play.events.closed).toBe(true)
    expect(play.asked).toEqual(['/api/v1/jobs/j1/events'])
  })

  test('asks when the events break off, until the job has finished', async () => {
    const play = stage([job('running', 0.7), job('failed', 0.7)])
    play.send(job('running', 0.5))
    play.events.onerror?.(new Event('error'))
    expect(play.events.closed).toBe(true)
    await play.turn()
    expect(play.seen).toEqual(['running 0.5', 'running 0.7'])
    await play.turn()
    expect(play.seen).toEqual(['running 0.5', 'running 0.7', 'failed 0.7'])
    expect(play.waiting).toHaveLength(0)
  })

  test('goes on asking while the server is away', async () => {
    const play = stage([new Error('away'), job('succeeded', 1)])
    play.events.onerror?.(new Event('error'))
    await play.turn()
    expect(play.seen).toEqual([])
    await play.turn()
    expect(play.seen).toEqual(['succeeded 1'])
  })

  test('tells nothing after it was stopped', async () => {
    const play = stage([job('running', 0.9)])
    play.events.onerror?.(new Event('error'))
    play.stop()
    await play.turn()
    expect(play.seen).toEqual([])
    expect(play.events.closed).toBe(true)
    expect(play.waiting).toHaveLength(0)
  })
})
