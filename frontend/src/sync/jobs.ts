/** Follows one job to its end: server-sent events, or polling where those do not come through. */
import { getJob, isFinished, type Job } from './api'
import { API } from './client'

const POLL_EVERY = 1500 // ms

/** The part of EventSource that is used; tests give their own. */
export interface JobEvents {
  onmessage: ((event: MessageEvent<string>) => void) | null
  onerror: ((event: Event) => void) | null
  close: () => void
}
export interface JobSources {
  readonly events: (url: string) => JobEvents
  readonly fetch: (id: string) => Promise<Job>
  readonly wait: (callback: () => void, milliseconds: number) => () => void
}

const BROWSER: JobSources = {
  events: (url) => new EventSource(url),
  fetch: getJob,
  wait: (callback, milliseconds) => {
    const timer = setTimeout(callback, milliseconds)
    return () => clearTimeout(timer)
  },
}

/**
 * Calls `onJob` with the job now and on each change until it has finished. Returns what stops following.
 * The first error of the event stream (proxy without streaming, server restarting) turns to polling for good:
 * polling always works, and a job is not followed for so long that coming back would pay.
 */
export function followJob(id: string, onJob: (job: Job) => void, sources: JobSources = BROWSER): () => void {
  let stopped = false
  let stopWaiting: (() => void) | null = null
  let events: JobEvents | null = sources.events(`${API}/jobs/${id}/events`)

  const stop = (): void => {
    stopped = true
    events?.close()
    events = null
    stopWaiting?.()
  }
  const take = (job: Job): void => {
    if (stopped) return
    onJob(job)
    if (isFinished(job)) stop()
  }
  const poll = async (): Promise<void> => {
    if (stopped) return
    try {
      take(await sources.fetch(id))
    } catch {
      // The server is away: the banner tells; ask again below.
    }
    // `take` may have stopped it meanwhile.
    if (!(stopped as boolean)) stopWaiting = sources.wait(() => void poll(), POLL_EVERY)
  }
  events.onmessage = (event) => take(JSON.parse(event.data) as Job)
  events.onerror = () => {
    if (stopped) return
    events?.close()
    events = null
    void poll()
  }
  return stop
}
