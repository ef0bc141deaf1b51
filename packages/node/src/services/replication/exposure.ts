/**
 * With which placement a peer may hold the current record: from the first byte sent until it says what it has. A record counts as acknowledged
 * under one placement only: were one holder left with it under an older placement, a later boot confirmed by that older placement would
 * take it for a store cut short, though others had acknowledged it (ARCHITECTURE.md, "Acknowledged under one placement").
 */
export class Exposure {
  private readonly placements = new Map<string, string>()

  /** A record that nobody has yet. */
  clear (): void {
    this.placements.clear()
  }

  /** `peer` is sent the record with `placement`. What it may hold already counts until it answers. */
  sent (peer: string, placement: string): void {
    this.placements.set(peer, this.placements.get(peer) ?? placement)
  }

  /** `peer` has the record with `placement`, or refused it for the sake of another: it goes on to show that placement. */
  has (peer: string, placement: string): void {
    this.placements.set(peer, placement)
  }

  /** True if `peer` may hold the record. */
  may (peer: string): boolean {
    return this.placements.has(peer)
  }

  /** `peer` does not hold the record. */
  hasNot (peer: string): void {
    this.placements.delete(peer)
  }

  /** Peers that may hold the record with another placement than `placement`. */
  underAnother (placement: string | undefined): string[] {
    return [...this.placements].filter(([, id]) => id !== placement).map(([peer]) => peer)
  }
}
