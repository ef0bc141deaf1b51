import { NotFoundError } from '../../errors.ts'
import { countCopies } from '../../policy/select.ts'
import { unlessAborted } from '../unless-aborted.ts'
import type { CopyVerdict, VerifyResult } from '../../api.ts'
import type { ProofOutcome } from '../../policy/audit.ts'
import type { CountedPeer } from '../../policy/select.ts'
import type { OwnStash } from '../owner/own-stash.ts'
import type { PeerDirectory } from '../presence/peer-directory.ts'
import type { Replication } from './replication.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface VerifyInit {
  own: Pick<OwnStash, 'current'>
  replication: Pick<Replication, 'confidants' | 'copies' | 'audits'>
  directory: Pick<PeerDirectory, 'name'>
  options: { minCopies: number, target: number, countEach: boolean }
}

const VERDICTS: Record<ProofOutcome, CopyVerdict> = {
  proved: 'proved',
  older: 'older',
  newer: 'newer',
  conflict: 'conflict',
  'not-found': 'missing',
  wrong: 'altered',
  busy: 'busy',
  refused: 'refused',
  timeout: 'timeout',
  unreachable: 'unreachable'
}

/**
 * Has every confidant prove that it has the current version, all at once, each time anew. A confidant gives one proof a minute (SPEC.md, "CHALLENGE"): the last one stands until then, and
 * its age is told.
 *
 * @throws {NotFoundError} there is no stash
 */
export async function verify ({ own, replication, directory, options }: VerifyInit, { signal }: AbortOptions = {}): Promise<VerifyResult> {
  signal?.throwIfAborted()

  const { current } = own

  if (current == null) {
    throw new NotFoundError('there is no stash')
  }

  const copies = await unlessAborted(Promise.all(replication.confidants.map(async peer => {
    const { outcome, ms, provedAgo } = await replication.audits.prove(peer, current)

    return { peer, name: directory.name(peer), verdict: VERDICTS[outcome], ms: Math.round(ms), provedAgo: provedAgo == null ? null : Math.round(provedAgo) }
  })), signal)
  const proved = copies.filter(({ verdict }) => verdict === 'proved').map(({ peer }): CountedPeer => replication.copies.get(peer) ?? { peer })

  return { seq: String(current.record.seq), copies, ...countCopies(proved, options), minimum: options.minCopies, target: options.target }
}
