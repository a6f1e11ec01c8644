/** Uploading: batches, retries, cancelling, and what is told about it. */
import { describe, expect, test } from 'vitest'

import type { UploadResult } from '@/sync/api'
import { ApiProblem, NetworkFailure } from '@/sync/client'
import { isJunk, planBatches, spreadProgress, Upload, type PickedFile, type UploadItem } from '@/sync/upload'

const MB = 1_000_000
const sized = (...sizes: number[]) => sizes.map((size) => ({ size }))
const picked = (...names: string[]): PickedFile[] =>
  names.map((name) => ({ file: new File(['0123456789'], name), path: name }))
const created = (files: readonly PickedFile[]): UploadResult[] =>
  files.map(({ path }) => ({ name: path, status: 'created', image: null, reason: null }))

/** Resolves when the upload is no longer active. */
function settled(start: (onChange: () => void) => Upload): Promise<Upload> {
  return new Promise((resolve) => {
    const upload: Upload = start(() => {
      queueMicrotask(() => {
        if (!upload.snapshot().active) resolve(upload)
      })
    })
  })
}

describe('planBatches', () => {
  test('fills a batch up to the number of files', () => {
    const sizes = planBatches(sized(...Array<number>(20).fill(1)), { files: 8, bytes: 100 }).map(
      (b) => b.length,
    )
    expect(sizes).toEqual([8, 8, 4])
  })

  test('closes a batch before it would pass the bytes', () => {
    const batches = planBatches(sized(20 * MB, 10 * MB, 5 * MB, 30 * MB), { files: 8, bytes: 32 * MB })
    expect(batches.map((batch) => batch.map((item) => item.size / MB))).toEqual([[20, 10], [5], [30]])
  })

  test('gives a file that is over the limit a batch of its own', () => {
    const batches = planBatches(sized(MB, 100 * MB, MB), { files: 8, bytes: 32 * MB })
    expect(batches.map((batch) => batch.length)).toEqual([1, 1, 1])
  })

  test('keeps every file once and in order', () => {
    const items = Array.from({ length: 101 }, (_, size) => ({ size: size * MB }))
    expect(planBatches(items, { files: 8, bytes: 32 * MB }).flat()).toEqual(items)
  })
})

describe('isJunk', () => {
  test.each(['.DS_Store', 'a/.DS_Store', 'a/Thumbs.db', '__MACOSX/a.png', 'x/__MACOSX/._a.png'])(
    'leaves out %s',
    (path) => expect(isJunk(path)).toBe(true),
  )
  test.each(['a.png', 'a/b.c.png', 'thumbs.db.png'])('keeps %s', (path) => expect(isJunk(path)).toBe(false))
})

test('progress of a request is spread over its files, first to last', () => {
  const batch = [10, 20, 30].map((size) => ({ size, sent: 0 })) as UploadItem[]
  spreadProgress(batch, 25)
  expect(batch.map((item) => item.sent)).toEqual([10, 15, 0])
})

describe('Upload', () => {
  test('sends all files, at most two requests at once, and collects a result for each', async () => {
    let now = 0
    let most = 0
    const names = Array.from({ length: 40 }, (_, position) => `${position}.png`)
    const upload = await settled((onChange) => {
      const made = new Upload({
        onChange,
        send: async (files) => {
          now += 1
          most = Math.max(most, now)
          await Promise.resolve()
          now -= 1
          return created(files)
        },
      })
      made.add(picked(...names))
      return made
    })
    const { results, finished, total, bytes, bytesSent } = upload.snapshot()
    expect(results.map((result) => result.name).sort()).toEqual([...names].sort())
    expect([finished, total]).toEqual([40, 40])
    expect(bytesSent).toBe(bytes)
    expect(most).toBe(2)
  })

  test('tries a request again after a network failure, with growing waits', async () => {
    const waits: number[] = []
    let calls = 0
    const upload = await settled((onChange) => {
      const made = new Upload({
        onChange,
        wait: (milliseconds) => {
          waits.push(milliseconds)
          return Promise.resolve()
        },
        send: (files) => {
          calls += 1
          return calls < 3 ? Promise.reject(new NetworkFailure(null)) : Promise.resolve(created(files))
        },
      })
      made.add(picked('a.png'))
      return made
    })
    expect(waits).toEqual([1000, 2000])
    expect(upload.snapshot()).toMatchObject({ failed: 0, finished: 1 })
  })

  test('keeps files that could not be sent, and sends just those on retry', async () => {
    let broken = true
    const sent: string[][] = []
    const send = (files: readonly PickedFile[]) => {
      sent.push(files.map((file) => file.path))
      const bad = broken && files.some((file) => file.path === 'b.png')
      return bad ? Promise.reject(new NetworkFailure(null)) : Promise.resolve(created(files))
    }
    let done: () => void = () => undefined
    const upload = await settled((onChange) => {
      const made = new Upload({
        send,
        onChange: () => {
          onChange()
          done()
        },
        wait: () => Promise.resolve(),
        limits: { files: 1, bytes: MB },
      })
      made.add(picked('a.png', 'b.png'))
      return made
    })
    expect(upload.snapshot().failures.map((failure) => failure.path)).toEqual(['b.png'])
    broken = false
    sent.length = 0
    await new Promise<void>((resolve) => {
      done = () => {
        if (!upload.snapshot().active) resolve()
      }
      upload.retryFailed()
    })
    expect(sent).toEqual([['b.png']])
    expect(upload.snapshot()).toMatchObject({ failed: 0, finished: 2 })
  })

  test('halves a batch that is too large together, so that only the file that is too large fails', async () => {
    const upload = await settled((onChange) => {
      const made = new Upload({
        onChange,
        send: (files) =>
          files.some((file) => file.path === 'huge.tif')
            ? Promise.reject(new ApiProblem(413, 'too-large', 'Too large', '', [], {}))
            : Promise.resolve(created(files)),
      })
      made.add(picked('a.png', 'b.png', 'huge.tif', 'c.png'))
      return made
    })
    const { results, failures } = upload.snapshot()
    expect(results.map((result) => result.name).sort()).toEqual(['a.png', 'b.png', 'c.png'])
    expect(failures.map((failure) => failure.path)).toEqual(['huge.tif'])
  })

  test('cancelling stops the request under way and sends nothing more', async () => {
    let calls = 0
    const upload = await settled((onChange) => {
      const made = new Upload({
        onChange,
        limits: { files: 1, bytes: MB },
        send: (_files, _progress, signal) => {
          calls += 1
          return new Promise((_resolve, reject) => {
            signal.addEventListener('abort', () => reject(new DOMException('cancelled', 'AbortError')))
          })
        },
      })
      made.add(picked('a.png', 'b.png', 'c.png', 'd.png'))
      made.cancel()
      return made
    })
    expect(calls).toBe(2)
    expect(upload.snapshot()).toMatchObject({ cancelled: 4, failed: 0, active: false })
  })

  test('a ZIP gives as many results as it holds files', async () => {
    const upload = await settled((onChange) => {
      const made = new Upload({
        onChange,
        send: () => Promise.resolve(created(picked('one.png', 'two.png', 'three.png'))),
      })
      made.add(picked('images.zip'))
      return made
    })
    expect(upload.snapshot().results).toHaveLength(3)
    expect(upload.snapshot().total).toBe(1)
  })
})
