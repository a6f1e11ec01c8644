/**
 * Writes one session into the journal, step by step, and knows whether what is there is whole: after a step that could
 * not be written only all of the session together is. Owns neither what is written nor when (queue.ts).
 */
import {
  failureOf,
  type Journal,
  type JournalStep,
  type Keeping,
  type SessionContent,
  type SessionRecord,
} from './journal'

interface Kept {
  readonly journal: Journal | null
  readonly record: SessionRecord
  readonly keeping: Keeping
}

interface Owner {
  /** All that the session holds at this moment. */
  readonly content: () => SessionContent
  readonly onChange: () => void
}

export class Keeper {
  keeping: Keeping
  /** Resolves when every step so far is in the journal, or could not be written. */
  written: Promise<void> = Promise.resolve()

  constructor(
    private readonly kept: Kept,
    private readonly owner: Owner,
  ) {
    this.keeping = kept.keeping
  }

  /** Steps are written in the order of the calls. */
  write(step: JournalStep): void {
    const { journal, record } = this.kept
    if (!journal) return
    const done =
      this.keeping === 'kept'
        ? journal.write(record.id, step).catch((error: unknown) => this.become(failureOf(error)))
        : journal.replace(record, this.owner.content()).then(
            () => this.become('kept'),
            (error: unknown) => this.become(failureOf(error)),
          )
    this.written = Promise.all([this.written, done]).then(() => undefined)
  }

  /** Where a step could not be written, tries again: there may be room now. */
  mend(): void {
    if (this.keeping === 'full' || this.keeping === 'failed') this.write({})
  }

  private become(keeping: Keeping): void {
    if (keeping === this.keeping) return
    this.keeping = keeping
    this.owner.onChange()
  }
}
