import { Reunion } from '../reunion.ts'
import type { Duty } from './duty.ts'
import type { Candidate } from '../../policy/select.ts'
import type { DiskEvidence } from '../presence/disk-evidence.ts'
import type { PeerDirectory } from '../presence/peer-directory.ts'
import type { NetworkPeer, StashNetwork, Trust } from '@nara-stash/protocol'

/** Who is connected, kept up to date by events: a look at one peer costs no walk over all. */
export class Peers {
  readonly present = new Map<string, NetworkPeer>()
  private readonly reunion = new Reunion()
  private readonly network: Pick<StashNetwork, 'peers'>
  private readonly directory: PeerDirectory
  private readonly trust: Pick<Trust, 'admits'>
  private readonly disks: Pick<DiskEvidence, 'of'>
  /** By peer, the connection over which it said that it is leaving. */
  private readonly leaving = new Map<string, string>()

  constructor (network: Pick<StashNetwork, 'peers'>, directory: PeerDirectory, trust: Pick<Trust, 'admits'>, disks: Pick<DiskEvidence, 'of'>) {
    this.network = network
    this.directory = directory
    this.trust = trust
    this.disks = disks
  }

  get isAlone (): boolean {
    return this.present.size === 0
  }

  /** When there was somebody again after all had gone. */
  get reunitedAt (): number | undefined {
    return this.reunion.at
  }

  refresh (): void {
    this.present.clear()
    this.network.peers().forEach(peer => { this.present.set(peer.id, peer) })
  }

  connected (peer: NetworkPeer, now: number): void {
    this.reunion.met(now)
    this.present.set(peer.id, peer)
  }

  disconnected (peer: string, now: number): void {
    this.present.delete(peer)
    this.leaving.delete(peer)

    if (this.isAlone) {
      this.reunion.lost(now)
    }
  }

  /** It says that it is leaving: nothing is brought to it any longer. */
  leaves (peer: string): void {
    const connection = this.present.get(peer)?.connection

    if (connection != null) {
      this.leaving.set(peer, connection)
    }
  }

  isLeaving (peer: string): boolean {
    return this.leaving.has(peer) && this.leaving.get(peer) === this.present.get(peer)?.connection
  }

  /** Everybody who could be asked to keep a copy. */
  candidates (duty: Duty): Candidate[] {
    return [...this.present.values()]
      .filter(({ id }) => id !== duty.owner && !this.isLeaving(id) && this.trust.admits(id))
      .map(({ id, address }) => {
        const accepting = this.directory.get(id)?.presence?.accepting
        const refusedUntil = duty.wariness.refusedUntil(id)
        const disk = this.disks.of(id)

        return {
          id,
          uptime: this.directory.uptime(id),
          ...(address == null ? {} : { address }),
          ...(accepting == null ? {} : { accepting }),
          ...(refusedUntil === 0 ? {} : { refusedUntil }),
          ...(disk == null ? {} : { disk })
        }
      })
  }
}
