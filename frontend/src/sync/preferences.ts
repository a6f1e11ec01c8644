/**
 * Settings that follow the person: kept in the account, with a copy in this browser so that a page opens as it was.
 *
 * A change shows at once, is copied here, and goes to the account a moment later, together with others. What could not
 * be sent stays marked here and is sent at the next visit; until then it counts more than what the account says. Owns
 * no keys and no usual values (ui/app/preferenceKeys.ts), and nothing of React.
 */
import { sameJson } from './wire'

export type Values = Readonly<Record<string, unknown>>

export interface PreferenceOptions {
  readonly storage: Pick<Storage, 'getItem' | 'setItem'>
  /** Merges these into the account's settings (null removes a key); rejects when it cannot. */
  readonly send: (changed: Values, options: { readonly keepalive: boolean }) => Promise<unknown>
  /** Runs something later; gives the function that calls it off. */
  readonly after: (milliseconds: number, run: () => void) => () => void
}

interface Kept {
  /** Whose these are: on a shared computer nobody sees another person's. */
  readonly user: string | null
  readonly values: Values
  /** Keys that the account has not got yet. */
  readonly unsent: readonly string[]
}

export const PREFERENCE_STORE = 'contorno.preferences'
/** A slider that is dragged is one change. */
const CALM_MS = 800
const NOTHING: Kept = { user: null, values: {}, unsent: [] }

export class PreferenceStore {
  private kept: Kept
  private stop: (() => void) | null = null
  private readonly listeners = new Set<() => void>()

  constructor(private readonly options: PreferenceOptions) {
    this.kept = this.read()
  }

  /** Undefined: never set, or put back to the usual. */
  get(key: string): unknown {
    return this.kept.values[key]
  }

  /** Null puts the key back to its usual value. */
  set(key: string, value: unknown): void {
    if (sameJson(this.kept.values[key] ?? null, value)) return
    const values = withKey(this.kept.values, key, value)
    this.keep({ ...this.kept, values, unsent: [...new Set([...this.kept.unsent, key])] })
    this.schedule()
  }

  /** The account's settings were read: they hold, but for what it has not got yet. */
  adopt(user: string, account: Values): void {
    const mine = this.kept.user === null || this.kept.user === user
    const unsent = mine ? this.kept.unsent : []
    const values = unsent.reduce((sum, key) => withKey(sum, key, this.kept.values[key] ?? null), account)
    if (this.kept.user === user && sameJson(values, this.kept.values)) return this.scheduleUnsent()
    this.keep({ user, values, unsent })
    this.scheduleUnsent()
  }

  /** Another tab of this browser changed the copy. */
  reload(): void {
    this.kept = this.read()
    this.tell()
  }

  /** Sends now what waits; for a page that is being left with `keepalive`. */
  async flush(options: { readonly keepalive: boolean } = { keepalive: false }): Promise<void> {
    this.stop?.()
    this.stop = null
    const { user, values, unsent } = this.kept
    if (user === null || unsent.length === 0) return
    const sent = Object.fromEntries(unsent.map((key) => [key, values[key] ?? null]))
    try {
      await this.options.send(sent, options)
    } catch {
      return // kept as unsent: the next visit tries again
    }
    if (this.kept.user !== user) return
    const left = this.kept.unsent.filter((key) => !sameJson(this.kept.values[key] ?? null, sent[key] ?? null))
    this.keep({ ...this.kept, unsent: left.concat(this.kept.unsent.filter((key) => !(key in sent))) })
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  private schedule(): void {
    this.stop?.()
    this.stop = this.options.after(CALM_MS, () => void this.flush())
  }

  private scheduleUnsent(): void {
    if (this.kept.unsent.length > 0 && this.stop === null) this.schedule()
  }

  private keep(kept: Kept): void {
    this.kept = kept
    try {
      this.options.storage.setItem(PREFERENCE_STORE, JSON.stringify(kept))
    } catch {
      // A full or forbidden storage: the settings still hold on this page and go to the account.
    }
    this.tell()
  }

  private read(): Kept {
    try {
      const kept = JSON.parse(this.options.storage.getItem(PREFERENCE_STORE) ?? 'null') as Kept | null
      return kept && isValues(kept.values) && Array.isArray(kept.unsent) ? { ...NOTHING, ...kept } : NOTHING
    } catch {
      return NOTHING
    }
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener()
  }
}

function isValues(values: unknown): values is Values {
  return typeof values === 'object' && values !== null && !Array.isArray(values)
}

/** The values with this key set, or without it where the value is null. */
function withKey(values: Values, key: string, value: unknown): Values {
  const others = Object.entries(values).filter(([name]) => name !== key)
  return Object.fromEntries(value === null ? others : [...others, [key, value]])
}
