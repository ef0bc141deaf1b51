import type { Leave } from '../../api.ts'
import type { Owner } from './owner.ts'
import type { OwnStash } from './own-stash.ts'
import type { Replication } from '../replication/replication.ts'

export interface LeftBehindInit {
  owner: Pick<Owner, 'waiting' | 'written'>
  own: Pick<OwnStash, 'current'>
  replication: Pick<Replication, 'result' | 'acknowledged'>
}

/** How our own stash stands at the moment in which we stop. */
export function leftBehind (owning: LeftBehindInit | undefined): Pick<Leave, 'own' | 'waiting'> {
  const current = owning?.own.current

  if (owning == null || current == null) {
    return { own: null, waiting: owning?.owner.waiting ?? 0 }
  }

  const { replication, owner } = owning
  const { outcome, copies, minimum } = replication.result()
  // content that came back is with whoever gave it, also if it was sealed anew and nobody took that yet
  const acknowledged = replication.acknowledged || !owner.written

  return {
    own: { outcome, seq: String(current.record.seq), bytes: current.data.byteLength, copies, minimum, acknowledged },
    waiting: owner.waiting
  }
}
