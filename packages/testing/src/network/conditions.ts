import type { Random } from '@nara-stash/protocol'

/** What a link does to what travels on it. */
export interface LinkConditions {
  /** Milliseconds one way: each message draws from this range. */
  latency: readonly [min: number, max: number]
  /** The share of messages that get lost, from 0 to 1. */
  loss: number
  /** Bytes per second in each direction; each transfer has them for itself. */
  bandwidth: number
}

/** A message's way, in milliseconds: the last of its bytes leaves after `sending` and is there `latency` later. */
export interface Journey {
  sending: number
  latency: number
}

/** A home network: some milliseconds, nothing lost, no limit. */
export const DEFAULT_CONDITIONS: LinkConditions = { latency: [1, 20], loss: 0, bandwidth: Infinity }

/** The state of the simulated wires: how good each is, and which are cut. */
export class Conditions {
  /** What holds wherever nothing else is said. */
  readonly base: LinkConditions
  readonly #random: Random
  readonly #links = new Map<string, Partial<LinkConditions>>()
  readonly #slow = new Map<string, number>()
  readonly #cutOff = new Set<string>()
  #groups: Map<string, number> | undefined

  constructor (random: Random, base: Partial<LinkConditions>) {
    this.#random = random
    this.base = { ...DEFAULT_CONDITIONS, ...base }
  }

  /** Overrides the conditions between two peers, both ways; what is left out stays as it is everywhere. */
  setLink (a: string, b: string, conditions: Partial<LinkConditions>): void {
    this.#links.set(pair(a, b), conditions)
  }

  /** Everything to and from `peer` takes `factor` times as long. */
  slow (peer: string, factor: number): void {
    this.#slow.set(peer, factor)
  }

  /** Peers in different groups cannot reach each other; those in no group make up one of their own. */
  partition (groups: ReadonlyArray<readonly string[]>): void {
    this.#groups = new Map(groups.flatMap((group, i) => group.map(peer => [peer, i] as const)))
  }

  heal (): void {
    this.#groups = undefined
  }

  /** `peer` can reach nobody, and nobody it. */
  cutOff (peer: string): void {
    this.#cutOff.add(peer)
  }

  reconnect (peer: string): void {
    this.#cutOff.delete(peer)
  }

  reachable (a: string, b: string): boolean {
    if (this.#cutOff.size > 0 && (this.#cutOff.has(a) || this.#cutOff.has(b))) {
      return false
    }

    return this.#groups === undefined || this.#groups.get(a) === this.#groups.get(b)
  }

  /** How `bytes` bytes get from one peer to another; undefined if they get lost on the way. */
  travel (from: string, to: string, bytes: number): Journey | undefined {
    const link = this.#links.size === 0 ? undefined : this.#links.get(pair(from, to))
    const { latency: [min, max], loss, bandwidth } = link === undefined ? this.base : { ...this.base, ...link }

    if (loss > 0 && this.#random.next() < loss) {
      return undefined
    }

    const factor = (this.#slow.get(from) ?? 1) * (this.#slow.get(to) ?? 1)
    const latency = min + (max - min) * this.#random.next()

    return { sending: factor * 1_000 * bytes / bandwidth, latency: factor * latency }
  }
}

function pair (a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`
}
