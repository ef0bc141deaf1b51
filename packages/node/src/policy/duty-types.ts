import type { AuditVerdict } from './audit.ts'
import type { Candidate, Disk } from './select.ts'
import type { Placement } from '@nara-stash/protocol'

/** What a holder knows of another holder of the same record. Times are on the clock's monotonic scale. */
export interface HolderView {
  peer: string
  /** Where it stands (`rankOf`). */
  rank: string
  connected: boolean
  address?: string
  /** What it holds outlives its process; absent if it does not say so. */
  disk?: Disk
  /** It had a copy when it went: if that is on its disk, it brings it back. */
  took?: boolean
  /** When it proved its copy last, on its present connection. */
  provedAt?: number
  verdict: AuditVerdict
  /** Its next audit is due then, and no challenge is allowed before `notBefore`. */
  auditAt: number
  notBefore: number
  /** An exchange with it about this record is under way. */
  busy: boolean
  /** On its present connection it said that it will prove its copy later: no proof, but no sign of a loss either. */
  putOff: boolean
  /** It has failed because it was silent, no oftener than that takes: it may answer the next time. */
  silent: boolean
  /** It has proved a copy before, on whatever connection, or was given one by us. */
  seen: boolean
  /** Since when, over all its connections, it has been asked and has not said what it has. */
  owesSince?: number
  /** Since when it says that it is leaving, and since when it has done what it could before: it told us, or is gone. */
  leavingSince?: number
  leftSince?: number
  /** Since when it is known to have nothing, or an older record, on its present connection. */
  lacks?: 'all' | 'older'
  lacksSince?: number
  /** It may have a copy and not know of ours. */
  unmet: boolean
  /** It was shown all that count. */
  told: boolean
  /** No OFFER before this time: it refused, or failed to take one. */
  offerAfter: number
}

/** What decides whether a holder's copy counts. */
export interface Standing {
  connected: boolean
  provedAt?: number | undefined
  verdict: AuditVerdict
  leavingSince?: number | undefined
}

/** Since when there have been fewer copies than the target, and than minCopies; and when we last waited, in our turn, for somebody to answer. */
export interface Shortage {
  short?: number
  below?: number
  waited?: number
}

/** One held record, as its holder sees it. */
export interface DutyInput {
  now: number
  self: string
  /** Where we stand (`rankOf`). */
  rank: string
  placement: Pick<Placement, 'holders' | 'target' | 'minCopies' | 'surrogates' | 'allowed'>
  owner: { peer: string, connected: boolean, settled: boolean }
  /** Since when it is so, if it is connected and settled. */
  settledSince?: number
  /** Milliseconds left of the owner's promise. */
  leaseLeft: number
  /** False while we cannot know what happened: we were away, and nobody has answered since. */
  mayRepair: boolean
  /** No record that supersedes it was heard of; or one was, long ago, and nobody who is here has it. */
  isNewest: boolean
  isDraining: boolean
  /** Our own copy outlives our process. */
  onDisk: boolean
  /** When we last had a connection again after having had none: who is missing since has had little time to be here. */
  reunitedAt?: number
  /** A STORE of it to a new holder is under way. */
  storing: boolean
  /** What the decision before said. */
  since: Shortage
  holders: readonly HolderView[]
  /** Connected peers of which one could be asked to keep a copy; called only if one is looked for. */
  candidates (): readonly Candidate[]
}

export interface Duties {
  /** Whom to challenge. */
  challenge: string[]
  /** Whom to OFFER the record: those who lack it, and those who are to learn who holds it. */
  offer: string[]
  /** Whom to ask for a new copy. */
  store: string | undefined
  /** Our own copy is one too many. */
  drop: boolean
  /** The owner and holders that are to be connected to: it is not known whether they are there. */
  reach: string[]
  /** To be remembered for the next decision. */
  since: Shortage
  /** When to look again if nothing happens before. */
  wakeAt: number | undefined
}
