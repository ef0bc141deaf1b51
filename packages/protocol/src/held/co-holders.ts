import { MAX_CO_HELD_OWNERS, MAX_CO_HOLDERS } from '../constants.ts'

export interface CoHoldersInit {
  /** @default MAX_CO_HOLDERS */
  maxPeers?: number
  /** @default MAX_CO_HELD_OWNERS */
  maxOwners?: number
}

/**
 * Who else holds what this nara holds, beyond those that the owner's placement names: surrogates. Only a peer that showed a
 * valid record and placement of the owner is noted. That it was noted proves no copy; a challenge does (SPEC.md, "Co-holders").
 */
export class CoHolders {
  private readonly maxPeers: number
  private readonly maxOwners: number
  /** By owner, both in the order in which they were last noted. */
  private readonly owners = new Map<string, Set<string>>()

  constructor (init: CoHoldersInit = {}) {
    this.maxPeers = init.maxPeers ?? MAX_CO_HOLDERS
    this.maxOwners = init.maxOwners ?? MAX_CO_HELD_OWNERS
  }

  /** @returns true if `peer` was not noted for `owner` before */
  note (owner: string, peer: string): boolean {
    const peers = this.owners.get(owner) ?? new Set<string>()
    const known = peers.delete(peer)
    peers.add(peer)
    dropOldest(peers, this.maxPeers)

    this.owners.delete(owner)
    this.owners.set(owner, peers)
    dropOldest(this.owners, this.maxOwners)

    return !known
  }

  has (owner: string, peer: string): boolean {
    return this.owners.get(owner)?.has(peer) ?? false
  }

  /** Those noted last come last. */
  list (owner: string): string[] {
    return [...this.owners.get(owner) ?? []]
  }

  /** Nothing of the owner's is held any more. */
  forget (owner: string): void {
    this.owners.delete(owner)
  }
}

function dropOldest (noted: { readonly size: number, keys (): Iterator<string>, delete (key: string): boolean }, most: number): void {
  while (noted.size > most) {
    noted.delete(noted.keys().next().value as string)
  }
}
