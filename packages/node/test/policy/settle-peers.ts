import { order } from '@nara-stash/protocol'
import { MIN_COPIES } from './unsigned.ts'
import type { Placement, RecordHeader } from '@nara-stash/protocol'

/** A record, and what it really builds on, which no rule gets to see. */
export interface Written extends RecordHeader {
  ancestors: ReadonlySet<string>
}

/** What a peer holds. */
export interface Held {
  record: Written
  placement: Placement
  direct: boolean
}

/** The owner's peers by number: what each holds and has seen, who is within reach, and who acknowledged what. */
export class Peers {
  readonly held: Array<Held | undefined>
  /** The newest header that a peer has seen. */
  readonly seen: Array<Written | undefined>
  readonly near: boolean[]
  /** Who acknowledged a record with a placement, ever. */
  private readonly acks = new Map<string, Set<number>>()

  constructor (count: number) {
    this.held = Array.from({ length: count }, () => undefined)
    this.seen = Array.from({ length: count }, () => undefined)
    this.near = Array.from({ length: count }, () => true)
  }

  /** One starts again with nothing. */
  lose (at: number): void {
    this.held[at] = undefined
    this.seen[at] = undefined
  }

  /** The owner stores `current` with one of them; false if that has what `current` does not supersede. */
  store (at: number, current: Written, placement: Placement): boolean {
    const held = this.held[at]
    const relation = held == null ? 'supersedes' : order(current, held.record)

    if (relation === 'same' && held != null) {
      this.held[at] = { record: current, placement: placement.version > held.placement.version ? placement : held.placement, direct: true }
    } else if (relation === 'supersedes') {
      this.held[at] = { record: current, placement, direct: true }
    } else {
      return false
    }

    const key = `${current.id}/${placement.id}`
    const acks = (this.acks.get(key) ?? new Set()).add(at)

    this.acks.set(key, acks)
    this.sees(at, current)

    if (acks.size >= MIN_COPIES) {
      this.near.forEach((near, peer) => {
        if (near) {
          this.sees(peer, current)
        }
      })
    }

    return true
  }

  /** One brings its copy to another, if that has none or an older one. */
  handOn (from: number, to: number): void {
    const source = this.held[from]
    const held = this.held[to]

    if (source != null && from !== to && (held == null || order(source.record, held.record) === 'supersedes')) {
      this.held[to] = { ...source, direct: false }
      this.sees(to, source.record)
    }
  }

  /** By minCopies of one placement. */
  isAcknowledged ({ id }: Written): boolean {
    return [...this.acks].some(([key, peers]) => key.startsWith(`${id}/`) && peers.size >= MIN_COPIES)
  }

  isAcknowledgedUnder (record: Written, placement: Placement): boolean {
    return (this.acks.get(`${record.id}/${placement.id}`)?.size ?? 0) >= MIN_COPIES
  }

  private sees (at: number, record: Written): void {
    const seen = this.seen[at]

    this.seen[at] = seen == null || order(record, seen) === 'supersedes' ? record : seen
  }
}
