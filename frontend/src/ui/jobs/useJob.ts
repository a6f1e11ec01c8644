/** One job, live: follows its events (or asks) until it has finished. */
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'

import { isFinished, type Job } from '@/sync/api'
import { followJob } from '@/sync/jobs'

/** The newest state of the job; `first` is shown until the first answer. */
export function useJob(first: Job): Job {
  const client = useQueryClient()
  const [job, setJob] = useState(first)
  const { id } = first
  const over = isFinished(first)
  const project = first.project
  useEffect(() => {
    if (over) return
    return followJob(id, (next) => {
      setJob(next)
      if (!isFinished(next)) return
      void client.invalidateQueries({ queryKey: ['jobs'] })
      if (project === null) return
      // An import brings images, classes and objects: whatever the project shows may have changed.
      for (const key of ['project', 'images', 'statistics']) {
        void client.invalidateQueries({ queryKey: [key, project] })
      }
    })
  }, [id, over, project, client])
  return job.id === id && !over ? job : first
}
