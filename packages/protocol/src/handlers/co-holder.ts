import type { HandlerContext } from './index.ts'
import type { HeldStash } from '../held/held-stashes.ts'
import type { RecordHeader } from '../record/header.ts'
import type { Placement } from '../record/placement.ts'

/** What we keep of an owner: its stash, or the tombstone that ended it. */
export function keptOf (context: Pick<HandlerContext, 'held'>, owner: string): HeldStash | undefined {
  return context.held.get(owner) ?? context.held.tombstone(owner)
}

/**
 * True if `peer` has a part in keeping this stash: the placement names it, or admits it and it showed us a copy once, or was named to us by
 * who brought ours (SPEC.md, "Co-holders").
 */
export function isCoHolder (context: Pick<HandlerContext, 'coHolders'>, { record, placement, liveHolders }: HeldStash, peer: string): boolean {
  return placement.holders.includes(peer) ||
    (admitsHolder(placement, peer) && (context.coHolders.has(record.owner, peer) || liveHolders.includes(peer)))
}

/** May a peer hold what is placed so? The owner's placement says (SPEC.md, "Placement"). */
export function admitsHolder (placement: Placement, peer: string): boolean {
  return placement.holders.includes(peer) ||
    placement.surrogates === 'any' ||
    (placement.surrogates === 'listed' && placement.allowed.includes(peer))
}

/**
 * Notes who showed us a record that we keep, or an older one of its owner's: it holds that, or did. The steward sees to those that lag.
 */
export function noteCoHolder (context: HandlerContext, peer: string, { owner, id }: RecordHeader): void {
  const kept = keptOf(context, owner)

  if (peer !== owner && kept != null && admitsHolder(kept.placement, peer)) {
    context.coHolders.note(owner, peer)
    context.onCoHolder?.(owner, peer, id)
  }
}
