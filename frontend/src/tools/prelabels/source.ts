/** What the select tool may know of a model's proposals: which lies here, and which the person means. */
import type { ImagePoint } from '@/core/points'

export interface ProposalSource {
  /** The proposal in hand, or null. */
  readonly chosen: string | null
  /** The smallest proposal that is shown at the point, or the nearest within the tolerance (image pixels). */
  at(point: ImagePoint, tolerance: number): string | null
  /** The pointer is over this one. */
  point(id: string | null): void
  choose(id: string | null): void
  /** Accepts, rejects the one in hand; false where there is none or it may not be. */
  acceptChosen(): boolean
  rejectChosen(): boolean
}

/** Where no model proposes anything. */
export const NO_PROPOSALS: ProposalSource = {
  chosen: null,
  at: () => null,
  point: () => undefined,
  choose: () => undefined,
  acceptChosen: () => false,
  rejectChosen: () => false,
}
