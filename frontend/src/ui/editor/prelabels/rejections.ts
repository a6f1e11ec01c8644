/** The rejections of the person at this browser on their way to the server. Owns one queue for each person. */
import { rejectObjects, restoreObjects } from '@/sync/predictions'
import { RejectionQueue } from '@/sync/rejections'

const queues = new Map<string, RejectionQueue>()

/** The queue of a person; what an earlier visit left in it goes off at once. */
export function rejectionsOf(user: string): RejectionQueue {
  const known = queues.get(user)
  if (known) return known
  const queue = new RejectionQueue({
    user,
    storage: localStorage,
    send: (prediction, objects, rejected) => (rejected ? rejectObjects : restoreObjects)(prediction, objects),
    after: (milliseconds, run) => {
      const timer = setTimeout(run, milliseconds)
      return () => clearTimeout(timer)
    },
    random: Math.random,
  })
  queues.set(user, queue)
  window.addEventListener('online', () => void queue.flush())
  void queue.flush()
  return queue
}
