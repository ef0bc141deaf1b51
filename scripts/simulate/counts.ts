/** What became of the returns of owners whose stash had been kept. */
export interface Returns {
  /** The newest version that was acknowledged, or one that was written after it. */
  newest: number
  /** An older one, without a word of doubt: must never be. */
  older: number
  /** Bytes that are no version of this stash: must never be. */
  foreign: number
  /** Doubtful until it went down again, or until the copies that were in doubt were gone. */
  doubtful: number
  /** "Empty" when it went down again, though there were copies. */
  misled: number
  /** No copy was left anywhere, though its holders had promised to keep it. */
  lost: number
  /** The same, but the owner had been away for longer than the lease: what was promised was over. */
  expired: number
  /** It said nothing for two minutes or more, and then went down. */
  stuck: number
  /** It went down again before it was known. */
  unresolved: number
}

/** Everything that is counted, from the start on. */
export interface Counts {
  returns: Returns
  /** Of the newest: those told "empty" before. */
  late: number
  writes: number
  kept: number
  /** Bodies that were brought to a holder, by who brought them and why. */
  moved: { written: number, byOwner: number, byHolders: number }
  /** Bytes of those that were not brought by a write. */
  movedBytes: number
  /** Bodies that came back to their owners. */
  recovered: number
  /** Nara-milliseconds. */
  upTime: number
}

export function noCounts (): Counts {
  return {
    returns: { newest: 0, older: 0, foreign: 0, doubtful: 0, misled: 0, lost: 0, expired: 0, stuck: 0, unresolved: 0 },
    late: 0,
    writes: 0,
    kept: 0,
    moved: { written: 0, byOwner: 0, byHolders: 0 },
    movedBytes: 0,
    recovered: 0,
    upTime: 0
  }
}

/** Those that the holders' promise was for, and that had the time to end. */
export function promisedReturns ({ newest, older, foreign, doubtful, misled, stuck, lost }: Returns): number {
  return newest + older + foreign + doubtful + misled + stuck + lost
}

/** Those of them after which its user has not what was kept, though it may be there. */
export function failedReturns ({ older, foreign, doubtful, misled, stuck, lost }: Returns): number {
  return older + foreign + doubtful + misled + stuck + lost
}

export function allReturns (returns: Returns): number {
  return Object.values(returns).reduce((sum: number, count: number) => sum + count, 0)
}
