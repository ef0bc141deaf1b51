import { MIN_SLOTS_PER_ADDRESS, SLOTS_PER_ADDRESS, SURROGATE_SLOTS, maxBodyLength } from '../constants.ts'
import { addressShare } from './address-share.ts'
import type { RefusalReason } from '../messages.ts'

/** What a nara gives to others. */
export interface Capacity {
  /** Owners whose stash it holds. */
  stashes: number
  /** Bytes of all bodies together; on a disk, of what they take there. */
  bytes: number
  /** Bytes of an owner's data; its padded and sealed body may have `maxBodyLength` of that. */
  maxStash: number
}

/** What one stash, held or on its way in, takes of the capacity. */
export interface Claim {
  owner: string
  /** Of its body. */
  bytes: number
  /**
   * Bytes that it takes of the capacity where it is kept.
   *
   * @default those of its body
   */
  room?: number
  /** False if a surrogate brought it, not the owner. */
  direct: boolean
  /** The remote address whose share it takes; none if it came from loopback or an allow-listed peer. */
  address?: string
}

interface Occupant {
  bytes: number
  direct: boolean
  shares: Set<string>
}

/**
 * Why `wanted` cannot be taken in, or undefined if it can (SPEC.md, "Capacity"). Pure. `held` is by owner, `reserved` what
 * was admitted and has not arrived.
 *
 * Of all claims of one owner only one will stay, so an owner counts once, with its largest. Whoever has a copy here already
 * needs no slot: its update is refused only for bytes, and not even for these unless it takes more of them than before.
 */
export function whyRefused (
  wanted: Claim, held: ReadonlyMap<string, Claim>, reserved: Iterable<Claim>, capacity: Capacity
): RefusalReason | undefined {
  if (wanted.bytes > maxBodyLength(capacity.maxStash)) {
    return 'too large'
  }

  const occupants = occupantsOf(held, reserved)
  const own = occupants.get(wanted.owner)?.bytes ?? 0
  occupants.delete(wanted.owner)
  const others = [...occupants.values()]

  return (held.has(wanted.owner) ? undefined : whyNoSlot(wanted, others, capacity.stashes)) ??
    whyNoBytes(own, roomOf(wanted), others, capacity.bytes)
}

function whyNoSlot (wanted: Claim, others: Occupant[], slots: number): RefusalReason | undefined {
  if (others.length >= slots) {
    return 'at capacity'
  }

  if (!wanted.direct && others.filter(({ direct }) => !direct).length >= Math.floor(slots * SURROGATE_SLOTS)) {
    return 'at capacity'
  }

  if (wanted.address != null) {
    const share = addressShare(wanted.address)

    if (others.filter(({ shares }) => shares.has(share)).length >= slotsPerAddress(slots)) {
      return 'over quota'
    }
  }
}

function whyNoBytes (own: number, wanted: number, others: Occupant[], bytes: number): RefusalReason | undefined {
  const total = others.reduce((sum, occupant) => sum + occupant.bytes, 0)

  return wanted > own && total + wanted > bytes ? 'over quota' : undefined
}

function roomOf ({ bytes, room = bytes }: Claim): number {
  return room
}

function slotsPerAddress (slots: number): number {
  return Math.max(MIN_SLOTS_PER_ADDRESS, Math.floor(slots * SLOTS_PER_ADDRESS))
}

function occupantsOf (held: ReadonlyMap<string, Claim>, reserved: Iterable<Claim>): Map<string, Occupant> {
  const occupants = new Map<string, Occupant>()

  for (const claim of held.values()) {
    occupants.set(claim.owner, { bytes: roomOf(claim), direct: claim.direct, shares: sharesOf(claim) })
  }

  for (const claim of reserved) {
    const present = occupants.get(claim.owner)

    if (present == null) {
      occupants.set(claim.owner, { bytes: roomOf(claim), direct: claim.direct, shares: sharesOf(claim) })
      continue
    }

    present.bytes = Math.max(present.bytes, roomOf(claim))

    if (!held.has(claim.owner)) {
      // which of them will fill the slot is open, so it counts as either
      present.direct &&= claim.direct
      present.shares = new Set([...present.shares, ...sharesOf(claim)])
    }
  }

  return occupants
}

function sharesOf ({ address }: Claim): Set<string> {
  return new Set(address == null ? [] : [addressShare(address)])
}
