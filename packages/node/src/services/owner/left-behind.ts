import type { DeletionLeft, Leave, OwnLeft } from '../../api.ts'
import type { Owner } from './owner.ts'
import type { OwnStash } from './own-stash.ts'
import type { Replication } from '../replication/replication.ts'

export interface LeftBehindInit {
  owner: Pick<Owner, 'waiting' | 'written'>
  own: Pick<OwnStash, 'current' | 'tombstone' | 'setAside'>
  replication: Pick<Replication, 'result' | 'acknowledged' | 'holding' | 'staying'>
}

/** How our own stash stands at the moment in which we stop. */
export function leftBehind (owning: LeftBehindInit | undefined): Pick<Leave, 'own' | 'deletion' | 'waiting' | 'setAside'> {
  if (owning == null) {
    return { own: null, deletion: null, waiting: 0, setAside: 0 }
  }

  return {
    own: ownLeft(owning),
    deletion: deletionLeft(owning),
    waiting: owning.owner.waiting,
    // what was sealed somebody gave us, or had
    setAside: owning.own.setAside.filter(({ seq }) => seq == null).length
  }
}

function ownLeft ({ owner, own: { current }, replication }: LeftBehindInit): OwnLeft | null {
  if (current == null) {
    return null
  }

  const { outcome, copies, minimum } = replication.result()
  const staying = replication.staying()
  // content that came back is with whoever gave it, also if it was sealed anew and nobody took that yet
  const acknowledged = replication.acknowledged || !owner.written

  return {
    outcome: replication.acknowledged && staying >= minimum ? 'kept' : staying > 0 ? 'degraded' : outcome,
    seq: String(current.record.seq),
    bytes: current.data.byteLength,
    copies,
    away: staying - copies,
    minimum,
    acknowledged
  }
}

function deletionLeft ({ own: { tombstone }, replication }: LeftBehindInit): DeletionLeft | null {
  return tombstone == null || replication.acknowledged
    ? null
    : { seq: String(tombstone.seq), told: replication.holding(tombstone.id).length }
}
