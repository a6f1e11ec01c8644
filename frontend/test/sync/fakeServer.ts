/** An in-memory server that keeps the change protocol (revisions, versions, keys, conflicts), with switches for faults. */
import { ApiProblem, NetworkFailure } from '../../src/sync/client'
import type { Transport } from '../../src/sync/queue'
import {
  type ChangeAnswer,
  type ChangeBody,
  sameJson,
  type ServerDocument,
  type ServerObject,
  type StaleObject,
  type WireObject,
} from '../../src/sync/wire'

interface Event {
  readonly revision: number
  readonly id: string
  readonly value: ServerObject | null
}

export type Fault = 'offline' | 'lose-answer' | 'signed-out' | 'image-closed' | 'broken' | null

export class FakeServer implements Transport {
  revision = 0
  fault: Fault = null
  /** Says why an object is refused; null = fine. */
  refuses: (object: WireObject) => string | null = () => null
  /** False: a refusal does not say which object it is about. */
  namesObjects = true
  maxObjects = Infinity
  readonly requests: ChangeBody[] = []
  readonly keepalives: ChangeBody[] = []
  private readonly objects = new Map<string, ServerObject>()
  private readonly events: Event[] = []
  private readonly answers = new Map<string, { body: ChangeBody; answer: ChangeAnswer }>()
  private gate: Promise<void> | null = null

  /** Holds every answer back until the returned function is called. */
  hold(): () => void {
    let open: () => void = () => undefined
    this.gate = new Promise((resolve) => (open = resolve))
    return () => {
      this.gate = null
      open()
    }
  }

  get(id: string): ServerObject | undefined {
    return this.objects.get(id)
  }

  ids(): string[] {
    return [...this.objects.keys()].sort()
  }

  /** Another person's change, straight into the server. */
  byOther(put: readonly WireObject[], removed: readonly string[] = []): void {
    const body = {
      base_revision: this.revision,
      key: `other-${String(this.revision)}`,
      put: put.map((object) => ({ ...object, base: this.objects.get(object.id)?.version ?? null })),
      delete: removed.map((id) => ({ id, base: this.objects.get(id)?.version ?? null })),
    }
    this.apply(structuredClone(body))
  }

  async send(_document: string, body: ChangeBody, options: { keepalive: boolean }): Promise<ChangeAnswer> {
    const received = JSON.parse(JSON.stringify(body)) as ChangeBody
    if (this.fault === 'offline') throw new NetworkFailure(new Error('no route'))
    this.requests.push(received)
    if (options.keepalive) this.keepalives.push(received)
    if (this.fault === 'signed-out') throw problem(401, 'not-authenticated')
    if (this.fault === 'image-closed') throw problem(409, 'image-closed')
    if (this.fault === 'broken') throw problem(503, 'unavailable')
    const answer = this.apply(received)
    if (this.gate) await this.gate
    if (this.fault === 'lose-answer') throw new NetworkFailure(new Error('connection reset'))
    return answer
  }

  fetch(): Promise<ServerDocument> {
    if (this.fault === 'offline') return Promise.reject(new NetworkFailure(new Error('no route')))
    return Promise.resolve({ revision: this.revision, annotations: [...this.objects.values()] })
  }

  head(): Promise<number> {
    if (this.fault === 'offline') return Promise.reject(new NetworkFailure(new Error('no route')))
    if (this.fault === 'signed-out') return Promise.reject(problem(401, 'not-authenticated'))
    return Promise.resolve(this.revision)
  }

  private apply(body: ChangeBody): ChangeAnswer {
    const earlier = this.answers.get(body.key)
    if (earlier) {
      if (!sameJson(earlier.body, body)) throw problem(409, 'key-reused')
      return earlier.answer
    }
    this.validate(body)
    const conflicts = this.conflicts(body)
    if (conflicts.length > 0) throw problem(409, 'stale-objects', [], { revision: this.revision, conflicts })
    const others = this.since(body.base_revision)
    this.revision += 1
    const versions: Record<string, number> = {}
    for (const { base: _base, ...value } of body.put) {
      this.write(value.id, { ...value, version: this.revision })
      versions[value.id] = this.revision
    }
    for (const { id } of body.delete) this.write(id, null)
    const answer = { revision: this.revision, versions, others }
    this.answers.set(body.key, { body, answer })
    return answer
  }

  private validate(body: ChangeBody): void {
    if (body.put.length + body.delete.length > this.maxObjects) throw problem(413, 'too-large')
    const errors = body.put.flatMap((object, i) => {
      const message = this.refuses(object)
      return message === null ? [] : [{ where: `put[${String(i)}].polygons[0][0]`, message }]
    })
    if (errors.length > 0) throw problem(400, 'invalid-input', this.namesObjects ? errors : [])
  }

  private conflicts(body: ChangeBody): StaleObject[] {
    return [...body.put, ...body.delete].flatMap(({ id, base }) => {
      const current = this.objects.get(id) ?? null
      return (current?.version ?? null) === base ? [] : [{ id, base, current }]
    })
  }

  private since(revision: number): ChangeAnswer['others'] {
    const touched = new Set(this.events.filter((event) => event.revision > revision).map((event) => event.id))
    const put = [...touched].map((id) => this.objects.get(id)).filter((object) => object !== undefined)
    return { put, delete: [...touched].filter((id) => !this.objects.has(id)) }
  }

  private write(id: string, value: ServerObject | null): void {
    if (value) this.objects.set(id, value)
    else this.objects.delete(id)
    this.events.push({ revision: this.revision, id, value })
  }
}

function problem(
  status: number,
  type: string,
  errors: { where: string; message: string }[] = [],
  extra: Record<string, unknown> = {},
): ApiProblem {
  return new ApiProblem(
    status,
    type,
    type,
    errors.map((item) => item.message).join(' ') || type,
    errors,
    extra,
  )
}
