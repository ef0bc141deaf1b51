import type { Known } from './judge.ts'
import type { AbortOptions } from '@libp2p/interface'

/** How a store ended. What stands against it comes with its placement if it is held, not merely heard of. */
export type StoreOutcome = { type: 'stored' } | { type: 'have' } | { type: 'stale' } & Known | { type: 'conflict' } & Known

/** Room for one body: a slot and its bytes are reserved until `commit` settles or `release` is called. */
export interface Admitted {
  type: 'admitted'
  /**
   * Checks the body and keeps it, resolving once the store has it. The order rule is asked again: another store of the same
   * owner may have come first. The body belongs to the store from here on.
   *
   * @throws {BodyMismatchError} not the length or the SHA-256 that the header promises
   * @throws {HeldStoreError} the store failed; what was held before still is
   * @throws {ReservationClosedError} committed or released before
   */
  commit (body: Uint8Array, options?: AbortOptions): Promise<StoreOutcome>
  /** Gives the room back. Does nothing after `commit` or a first `release`. */
  release (): void
}

/** A reservation was committed twice, or committed after it was released. */
export class ReservationClosedError extends Error {
  static override readonly name = 'ReservationClosedError'
  override readonly name = 'ReservationClosedError'
}

/** A reservation that is committed or released once, and gives its room back exactly once. */
export function reservation (commit: Admitted['commit'], giveBack: () => void): Admitted {
  let open = true

  return {
    type: 'admitted',
    commit: async (body, options) => {
      if (!open) {
        throw new ReservationClosedError('a reservation is committed once, and not after its release')
      }

      open = false

      try {
        return await commit(body, options)
      } finally {
        giveBack()
      }
    },
    release: () => {
      if (open) {
        open = false
        giveBack()
      }
    }
  }
}
