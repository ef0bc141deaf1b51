import type { Deletion } from './deletion.ts'
import type { Keeping } from './keeping.ts'
import type { Placements } from './placements.ts'
import type { Stores } from './stores.ts'
import type { Placement, ReleaseRequest } from '@nara-stash/protocol'

export interface HearsayInit {
  keeping: Pick<Keeping, 'version'>
  placements: Pick<Placements, 'holders' | 'see'>
  stores: Pick<Stores, 'confirm' | 'copies' | 'lost' | 'noticed'>
  deletion: Pick<Deletion, 'confirm' | 'noticed'>
  /** What is known of `peer` is another thing. */
  onPeer (peer: string): void
  /** The copies are to be looked at. */
  wake (): void
}

/** What peers tell of their copies by themselves, not in answer to a STORE. */
export class Hearsay {
  private readonly init: HearsayInit

  constructor (init: HearsayInit) {
    this.init = init
  }

  /** `peer` holds the current record. */
  confirm (peer: string, placement: Placement): void {
    const { keeping: { version }, placements, stores, deletion, onPeer, wake } = this.init

    if (version?.record.kind === 'tombstone') {
      deletion.confirm(peer)
      wake()
    } else if (version != null) {
      placements.see(placement)
      stores.confirm(peer, version.record.id, placement.id)
      onPeer(peer)
    }
  }

  /** `peer` has a record that the current one supersedes: a copy to be let go of, unless it is a holder that lags. */
  noticed (peer: string, record: string, placement: string): void {
    const { keeping, placements: { holders }, stores, deletion, wake } = this.init
    const kind = keeping.version?.record.kind

    if (kind === 'tombstone') {
      deletion.noticed({ peer, record, placement })
    } else if (kind === 'data' && !holders.includes(peer)) {
      stores.noticed(peer, record, placement)
    }

    wake()
  }

  /** `peer` lets go of its copy: soon, or at once if it had been one too many. True if it is of the current record. */
  released (peer: string, { recordId, reason }: Pick<ReleaseRequest, 'recordId' | 'reason'>): boolean {
    const { keeping, stores, onPeer } = this.init

    if (reason === 'leaving' || reason === 'lease') {
      stores.copies.leaves(peer)
    } else if (stores.copies.get(peer)?.record === recordId) {
      stores.lost(peer)
    }

    onPeer(peer)

    return recordId === keeping.version?.record.id
  }
}
