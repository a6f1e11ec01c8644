/**
 * Uploading many files: cuts them into batches, sends a few batches at once, and keeps the state of every file.
 * Owns no transport (see upload_transport.ts) and no display.
 */
import type { UploadResult } from './api'
import { ApiProblem } from './client'

/** A file and its path below the folder that was dropped ("a/b.png"; just the name for single files). */
export interface PickedFile {
  readonly file: File
  readonly path: string
}

export interface BatchLimits {
  readonly files: number
  readonly bytes: number
}
// Small enough that a lost request costs little and results come in steadily; measured on a 2-core server.
export const LIMITS: BatchLimits = { files: 8, bytes: 32_000_000 }
export const CONCURRENCY = 2
const TRIES = 3

/** Files that operating systems put into folders and nobody means to upload. */
const JUNK = /(^|\/)(\.[^/]*|Thumbs\.db|desktop\.ini|__MACOSX\/.*)$/i
export function isJunk(path: string): boolean {
  return JUNK.test(path)
}

/** Groups sizes in order: a batch is full at `limits.files` files or before it would pass `limits.bytes`. */
export function planBatches<T extends { readonly size: number }>(
  items: readonly T[],
  limits: BatchLimits,
): T[][] {
  const batches: T[][] = []
  let batch: T[] = []
  let bytes = 0
  for (const item of items) {
    if (batch.length > 0 && (batch.length >= limits.files || bytes + item.size > limits.bytes)) {
      batches.push(batch)
      batch = []
      bytes = 0
    }
    batch.push(item)
    bytes += item.size
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}

export type ItemState = 'waiting' | 'sending' | 'done' | 'failed' | 'cancelled'
export interface UploadItem {
  readonly id: number
  readonly path: string
  readonly size: number
  readonly file: File
  state: ItemState
  /** Bytes of this item that were sent, an estimate while its batch is under way. */
  sent: number
  error: unknown
}

export interface UploadSnapshot {
  readonly total: number
  readonly finished: number
  readonly failed: number
  readonly cancelled: number
  readonly bytes: number
  readonly bytesSent: number
  readonly active: boolean
  /** One entry per file of the answers (a ZIP gives many), newest last. */
  readonly results: readonly UploadResult[]
  readonly failures: readonly { readonly path: string; readonly error: unknown }[]
}

export type SendBatch = (
  files: readonly PickedFile[],
  onProgress: (bytesSent: number) => void,
  signal: AbortSignal,
) => Promise<readonly UploadResult[]>

interface UploadOptions {
  readonly send: SendBatch
  readonly onChange: (snapshot: UploadSnapshot) => void
  /** Waits before another try; an argument so that tests need no clock. */
  readonly wait?: (milliseconds: number) => Promise<void>
  readonly limits?: BatchLimits
  readonly concurrency?: number
}

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => {
    setTimeout(resolve, milliseconds)
  })

/** Worth the same request again: no answer at all, or an answer that says "later". */
function isTransient(error: unknown): boolean {
  if (error instanceof ApiProblem) return error.status === 429 || error.status === 503
  return !(error instanceof DOMException && error.name === 'AbortError')
}

/** Spreads the bytes a request has sent over its files, first to last. */
export function spreadProgress(batch: readonly UploadItem[], bytesSent: number): void {
  let left = bytesSent
  for (const item of batch) {
    item.sent = Math.min(item.size, Math.max(0, left))
    left -= item.size
  }
}

/** One upload of a project: add files at any time, cancel what waits, retry what failed. */
export class Upload {
  private readonly items: UploadItem[] = []
  private readonly results: UploadResult[] = []
  private readonly queue: UploadItem[][] = []
  private running = 0
  private abort = new AbortController()
  private lastId = 0

  constructor(private readonly options: UploadOptions) {}

  add(files: readonly PickedFile[]): void {
    const items = files
      .filter((picked) => !isJunk(picked.path))
      .map<UploadItem>((picked) => ({
        id: (this.lastId += 1),
        path: picked.path,
        size: picked.file.size,
        file: picked.file,
        state: 'waiting',
        sent: 0,
        error: null,
      }))
    this.items.push(...items)
    this.enqueue(items)
  }

  retryFailed(): void {
    const items = this.items.filter((item) => item.state === 'failed' || item.state === 'cancelled')
    for (const item of items) Object.assign(item, { state: 'waiting', sent: 0, error: null })
    this.enqueue(items)
  }

  cancel(): void {
    this.queue.length = 0
    for (const item of this.items) {
      if (item.state === 'waiting' || item.state === 'sending') item.state = 'cancelled'
    }
    this.abort.abort()
    this.abort = new AbortController()
    this.tell()
  }

  snapshot(): UploadSnapshot {
    const among = (state: ItemState) => this.items.filter((item) => item.state === state).length
    const failed = this.items.filter((item) => item.state === 'failed')
    return {
      total: this.items.length,
      finished: among('done') + failed.length + among('cancelled'),
      failed: failed.length,
      cancelled: among('cancelled'),
      bytes: this.items.reduce((sum, item) => sum + item.size, 0),
      bytesSent: this.items.reduce((sum, item) => sum + item.sent, 0),
      active: this.items.some((item) => item.state === 'waiting' || item.state === 'sending'),
      results: [...this.results],
      failures: failed.map((item) => ({ path: item.path, error: item.error })),
    }
  }

  private enqueue(items: readonly UploadItem[]): void {
    this.queue.push(...planBatches(items, this.options.limits ?? LIMITS))
    this.tell()
    this.pump()
  }

  private pump(): void {
    while (this.running < (this.options.concurrency ?? CONCURRENCY)) {
      const batch = this.queue.shift()
      if (!batch) return
      this.running += 1
      void this.sendBatch(batch).finally(() => {
        this.running -= 1
        this.tell()
        this.pump()
      })
    }
  }

  private async sendBatch(batch: UploadItem[]): Promise<void> {
    const { signal } = this.abort
    for (const item of batch) item.state = 'sending'
    this.tell()
    try {
      const results = await this.trySend(batch, signal)
      this.results.push(...results)
      for (const item of batch) Object.assign(item, { state: 'done', sent: item.size })
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof ApiProblem && error.status === 413 && batch.length > 1) this.halve(batch)
      else for (const item of batch) Object.assign(item, { state: 'failed', sent: 0, error })
    }
  }

  /** Too large together: each half on its own, so that only the file that is really too large fails. */
  private halve(batch: UploadItem[]): void {
    for (const item of batch) Object.assign(item, { state: 'waiting', sent: 0 })
    const middle = Math.ceil(batch.length / 2)
    this.queue.unshift(batch.slice(0, middle), batch.slice(middle))
  }

  private async trySend(batch: UploadItem[], signal: AbortSignal): Promise<readonly UploadResult[]> {
    const files = batch.map(({ file, path }) => ({ file, path }))
    const onProgress = (bytes: number) => {
      if (signal.aborted) return
      spreadProgress(batch, bytes)
      this.tell()
    }
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.options.send(files, onProgress, signal)
      } catch (error) {
        if (signal.aborted || attempt >= TRIES || !isTransient(error)) throw error
        await (this.options.wait ?? pause)(1000 * 2 ** (attempt - 1))
        signal.throwIfAborted()
      }
    }
  }

  private tell(): void {
    this.options.onChange(this.snapshot())
  }
}
