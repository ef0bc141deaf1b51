import type { Disk } from '../../policy/select.ts'
import type { PeerDirectory } from './peer-directory.ts'
import type { StashNetwork } from '@nara-stash/protocol'

export interface DiskEvidenceInit {
  network: Pick<StashNetwork, 'peers'>
  directory: Pick<PeerDirectory, 'get' | 'saysOnDisk'>
  /** It is pinned, or on the allow list: its word is enough. */
  isKnown (peer: string): boolean
}

interface Evidence {
  /** By record, the boot in which it had that. */
  had: Map<string, string>
  /** It had a record, in a later boot, that it had been seen to have in an earlier one. */
  cameBack: boolean
}

/** Peers of which evidence is kept, and records of each; the longest untouched go first. */
const MAX_PEERS = 1_024
const MAX_RECORDS = 16

/**
 * Whose copies outlive their processes. That a peer says so costs it nothing; what it proves after a restart, without having been given it meanwhile, it had kept. (Somebody else may have
 * given it that: a peer that lies, and has others bring its copies back, passes for as long as they do.)
 */
export class DiskEvidence {
  private readonly init: DiskEvidenceInit
  private readonly peers = new Map<string, Evidence>()

  constructor (init: DiskEvidenceInit) {
    this.init = init
  }

  /** Undefined if it does not say that it has one. */
  of (peer: string): Disk | undefined {
    if (!this.init.directory.saysOnDisk(peer)) {
      return
    }

    return this.init.isKnown(peer) || this.peers.get(peer)?.cameBack === true ? 'seen' : 'said'
  }

  /** It proved that it has this record. */
  proved (peer: string, record: string): void {
    const boot = this.bootOf(peer)

    if (boot == null) {
      return
    }

    const evidence = this.touch(peer)
    const before = evidence.had.get(record)

    evidence.cameBack ||= before != null && before !== boot && this.init.directory.saysOnDisk(peer)
    this.note(evidence, record, boot)
  }

  /** It was brought the body of this record: if it had had it, it lost it. */
  brought (peer: string, record: string): void {
    this.lacked(peer, record)

    const boot = this.bootOf(peer)

    if (boot != null) {
      this.note(this.touch(peer), record, boot)
    }
  }

  /** It has nothing of this record. */
  lacked (peer: string, record: string): void {
    const evidence = this.peers.get(peer)

    if (evidence?.had.delete(record) === true) {
      // it may have let go of it where we did not hear that: so it is merely not known any longer
      evidence.cameBack = false
    }
  }

  /** Of its process on the present connection; undefined until that has been heard. */
  private bootOf (peer: string): string | undefined {
    const since = this.init.network.peers().find(({ id }) => id === peer)?.since
    const known = this.init.directory.get(peer)

    return since == null || known?.presence == null || known.heardAt < since ? undefined : known.presence.boot
  }

  private note ({ had }: Evidence, record: string, boot: string): void {
    had.delete(record)
    had.set(record, boot)
    bound(had, MAX_RECORDS)
  }

  private touch (peer: string): Evidence {
    const evidence = this.peers.get(peer) ?? { had: new Map<string, string>(), cameBack: false }

    this.peers.delete(peer)
    this.peers.set(peer, evidence)
    bound(this.peers, MAX_PEERS)

    return evidence
  }
}

function bound (map: Map<string, unknown>, most: number): void {
  for (const oldest of map.keys()) {
    if (map.size <= most) {
      return
    }

    map.delete(oldest)
  }
}
