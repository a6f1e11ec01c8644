/** The plan for what is chosen: asked of the server, which makes it in a job, and followed until it is there. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

import { isFinished, type Job } from '@/sync/api'
import { ApiProblem } from '@/sync/client'
import { followJob } from '@/sync/jobs'
import { startPlan, type PlanInput, type PlanOutcome } from '@/sync/learningApi'

const TYPING = 700 // ms without a change before a plan is asked for

/** The job when it has ended; rejects when it failed, as the server would have refused at once. */
function ended(first: Job, signal: AbortSignal): Promise<Job> {
  return new Promise((resolve, reject) => {
    const stop = followJob(first.id, (job) => {
      if (!isFinished(job)) return
      if (job.state === 'succeeded') resolve(job)
      else reject(problemOf(job))
    })
    signal.addEventListener('abort', () => {
      stop()
      reject(new DOMException('aborted', 'AbortError'))
    })
  })
}

function problemOf(job: Job): ApiProblem {
  const { detail = '', errors = [] } = job.error ?? {}
  return new ApiProblem(422, 'plan-failed', detail, detail, errors, {})
}

async function planFor(project: string, input: PlanInput, signal: AbortSignal): Promise<PlanOutcome> {
  const job = await startPlan(project, input)
  const done = isFinished(job) ? job : await ended(job, signal)
  if (done.state !== 'succeeded') throw problemOf(done)
  return done.result as unknown as PlanOutcome
}

export function useSettled<T>(value: T, milliseconds: number): T {
  const [settled, setSettled] = useState(value)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), milliseconds)
    return () => clearTimeout(timer)
  }, [value, milliseconds])
  return settled
}

export function usePlan(project: string, input: PlanInput | null) {
  const asked = input === null ? '' : JSON.stringify(input)
  const settled = useSettled(asked, TYPING)
  const query = useQuery({
    queryKey: ['plan', project, settled],
    queryFn: ({ signal }) => planFor(project, JSON.parse(settled) as PlanInput, signal),
    enabled: settled !== '',
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  })
  return {
    outcome: asked === '' ? undefined : query.data,
    error: query.error,
    retry: () => void query.refetch(),
    /** What is shown is the plan for what is chosen, and not for what was chosen a moment ago. */
    fresh: asked === settled && query.isSuccess && !query.isPlaceholderData,
    busy: asked !== '' && (asked !== settled || query.isFetching),
  }
}
