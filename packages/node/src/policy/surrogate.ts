import { createSha256, peerIdBytes, shuffled } from '@nara-stash/protocol'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { SURROGATE_CHOICE } from '../constants.ts'
import { closeness, distinctCopies, isWilling, onDisks, preferring } from './select.ts'
import type { Candidate } from './select.ts'
import type { Placement, Random } from '@nara-stash/protocol'

/** Policy: a pure function of its arguments. */

/**
 * Where a peer stands among the holders of a record (SPEC.md, "Repair by the holders"): SHA-256 of the record's id and the peer's multihash, in hex. The lowest
 * goes first. Everybody computes the same, and nobody can choose its place without another key for each record.
 *
 * @param recordId - hex
 * @param peer - base58
 */
export function rankOf (recordId: string, peer: string): string {
  return toString(createSha256().update(fromString(recordId, 'base16')).update(peerIdBytes(peer)).digest(), 'base16')
}

/** May a holder ask `peer` to keep a copy? Its owner says so in the placement. */
export function admitsSurrogate ({ holders, surrogates, allowed }: Pick<Placement, 'holders' | 'surrogates' | 'allowed'>, peer: string): boolean {
  return holders.includes(peer) || surrogates === 'any' || (surrogates === 'listed' && allowed.includes(peer))
}

export interface SurrogateInput {
  now: number
  target: number
  /** Those whose copies count, ourselves among them. */
  present: readonly Pick<Candidate, 'id' | 'address' | 'disk'>[]
  /** So many are to be on disks. */
  minCopies: number
  candidates: readonly Candidate[]
}

/**
 * Whom to ask for a copy: of a random few at the most distant places the one that runs longest, since who ran long will run long. With the target's number of holders
 * only a place that has no copy yet is worth another.
 */
export function pickSurrogate ({ now, target, minCopies, present, candidates }: SurrogateInput, random: Random): string | undefined {
  const known = new Set(present.map(({ id }) => id))
  const places = distinctCopies(present)
  const useful = candidates.filter(candidate => !known.has(candidate.id) && isWilling(candidate, now) &&
    (present.length < target || distinctCopies([...present, candidate]) > places))
  const nearest = Math.min(...useful.map(candidate => closeness(candidate, present)))
  // that few disks were seen is no reason to choose among few: who ran long will run long
  const wanted = onDisks(present) < minCopies ? ({ disk }: Candidate) => disk != null : () => true
  const few = shuffled(preferring(useful.filter(candidate => closeness(candidate, present) === nearest), wanted), random).slice(0, SURROGATE_CHOICE)

  return few.length === 0 ? undefined : few.reduce((best, candidate) => candidate.uptime > best.uptime ? candidate : best).id
}
