/** A peer that was met, as it is remembered over a restart. */
export interface MetPeer {
  /** Base58. */
  peerId: string
  /** As it called itself; empty if it has told none. */
  name: string
  /** Multiaddrs at which it may be dialled: first those at which it was, then what it or others said. A connection proves who is there. */
  addresses: string[]
  /** At which of these it was dialled and found last, and when: ISO 8601, by this machine's clock. */
  worked?: Array<{ address: string, at: string }>
  /** How many of our processes have met it. */
  starts: number
  /** ISO 8601, by this machine's clock: for people. */
  lastMet: string
}

/** Where peers that were met are remembered. Neither fails: what goes wrong is for the implementation to tell. */
export interface AddressBook {
  /** Those that were written last, in that order; none if there are none, or they cannot be read. Entries that make no sense are passed over. */
  read (): Promise<readonly MetPeer[]>

  /** Takes the place of what was written before: whole or not at all. The one that was met last comes first. */
  write (peers: readonly MetPeer[]): Promise<void>
}
