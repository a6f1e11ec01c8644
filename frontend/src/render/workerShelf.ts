/**
 * Workers that outlive the document they were started for: starting one costs more than what it does for a small image.
 * Owns one spare worker; whoever takes one tells it to begin anew, and knows its own answers from older ones (`turn`).
 */

/** What a worker is told when a document is begun, and says with every answer. */
let lastTurn = 0
export const nextTurn = (): number => ++lastTurn

export class WorkerShelf {
  private spare: Worker | null = null
  private living = 0
  private readonly broken = new WeakSet<Worker>()

  constructor(private readonly make: () => Worker) {}

  /** Has the first one started before it is wanted. */
  warm(): void {
    if (this.living === 0) this.spare = this.start()
  }

  take(): Worker {
    const worker = this.spare ?? this.start()
    this.spare = null
    return worker
  }

  /** A worker that has failed is not used again. */
  giveBack(worker: Worker): void {
    worker.onmessage = null
    if (!this.spare && !this.broken.has(worker)) {
      this.spare = worker
      return
    }
    this.living -= 1
    worker.terminate()
  }

  private start(): Worker {
    const worker = this.make()
    this.living += 1
    const spoilt = () => {
      this.broken.add(worker)
      if (this.spare !== worker) return
      this.spare = null
      this.living -= 1
    }
    worker.addEventListener('error', spoilt)
    worker.addEventListener('messageerror', spoilt)
    return worker
  }
}
