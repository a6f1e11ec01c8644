/** The editor's workers, kept from one image to the next. Owns where their code lies. */
import { WorkerShelf } from '@/render/workerShelf'

export const painters = new WorkerShelf(
  () => new Worker(new URL('../../render/scene.worker.ts', import.meta.url), { type: 'module' }),
)

export const counters = new WorkerShelf(
  () => new Worker(new URL('../../render/coverage.worker.ts', import.meta.url), { type: 'module' }),
)
