import type { PeerDirectory } from '../presence/peer-directory.ts'
import type { NetworkPeer } from '@nara-stash/protocol'

/**
 * Which owners are here, and know their stash. One that does sees to its copies by itself. What it says in its presence counts if it said that since it is connected; until
 * then that it dealt with our offer on this connection, or stored with us.
 */
export class OwnerContact {
  private readonly present: ReadonlyMap<string, NetworkPeer>
  private readonly directory: Pick<PeerDirectory, 'get'>
  /** By owner, the connection over which it answered. */
  private readonly answered = new Map<string, string>()

  constructor (present: ReadonlyMap<string, NetworkPeer>, directory: Pick<PeerDirectory, 'get'>) {
    this.present = present
    this.directory = directory
  }

  /** It dealt with an offer, or stored. */
  dealt (owner: string): void {
    const connection = this.present.get(owner)?.connection

    if (connection != null) {
      this.answered.set(owner, connection)
    }
  }

  left (owner: string): void {
    this.answered.delete(owner)
  }

  of (owner: string): { connected: boolean, settled: boolean } {
    const peer = this.present.get(owner)

    if (peer == null) {
      return { connected: false, settled: false }
    }

    const known = this.directory.get(owner)
    const state = known?.presence?.state
    const isSettled = (state === 'settled' || state === 'empty') && known != null && known.heardAt >= peer.since
    const hasAnswered = this.answered.get(owner) === peer.connection

    // a doubt lasts until it says otherwise, whatever becomes of its connections
    return { connected: true, settled: isSettled || (hasAnswered && state !== 'doubtful') }
  }
}
