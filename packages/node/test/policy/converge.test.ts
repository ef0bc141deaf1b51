import { seededRandom } from '@nara-stash/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RECONCILE_INTERVAL } from '../../src/constants.ts'
import { plan } from '../../src/policy/plan.ts'
import { distinctCopies } from '../../src/policy/select.ts'
import { Copies } from '../../src/services/replication/copies.ts'
import { addresses } from './places.ts'
import type { Candidate } from '../../src/policy/select.ts'
import type { Random } from '@nara-stash/protocol'

interface Peer {
  address: string | undefined
  /** What it answers to a store; `moody` fails every other time by chance. */
  nature: 'good' | 'moody' | 'full' | 'limits' | 'dead'
}

type Event = { peer: number, happens: 'leaves' | 'comes' | 'restarts' } | { happens: 'write' } | { happens: 'wait', ms: number }

const peers: fc.Arbitrary<Peer[]> = fc.array(fc.record({
  address: addresses,
  nature: fc.constantFrom<Peer['nature']>('good', 'good', 'good', 'moody', 'full', 'limits', 'dead')
}), { minLength: 1, maxLength: 12 })

const events: fc.Arbitrary<Event[]> = fc.array(fc.oneof(
  { weight: 3, arbitrary: fc.record({ peer: fc.nat(11), happens: fc.constantFrom('leaves' as const, 'comes' as const, 'restarts' as const) }) },
  { weight: 1, arbitrary: fc.constant({ happens: 'write' as const }) },
  { weight: 2, arbitrary: fc.record({ happens: fc.constant('wait' as const), ms: fc.constantFrom(1, 500, 10_000, 61_000) }) }
), { maxLength: 25 })

/**
 * One owner that carries its plans out, stores answered at once. What a peer holds is forgotten when it leaves.
 */
class World {
  now = 0
  placements = 0
  holders: string[] = []

  private record = 1
  private readonly random: Random
  private readonly copies = new Copies({ now: () => this.now, wallTime: () => this.now, setTimer: () => () => {} })
  private readonly connected = new Set<string>()
  private readonly peers: Map<string, Peer>
  private readonly pinned: string[]
  private readonly target: number

  constructor (peers: Peer[], { pinned, target, seed }: { pinned: number[], target: number, seed: number }) {
    this.peers = new Map(peers.map((peer, i) => [`peer ${i}`, peer]))
    this.pinned = [...new Set(pinned.map(i => `peer ${i % peers.length}`))]
    this.target = target
    this.random = seededRandom(seed)
    this.peers.forEach((_, id) => { this.connected.add(id) })
  }

  happen (event: Event): void {
    if (event.happens === 'write') {
      this.record++
      this.copies.newRecord()
    } else if (event.happens === 'wait') {
      this.run(event.ms)
      return
    } else {
      const [id] = [...this.peers.keys()].slice(event.peer % this.peers.size)
      this.move(id as string, event.happens)
    }

    this.look()
  }

  /** Everybody comes back, and time passes. */
  calm (ms: number): void {
    this.peers.forEach((_, id) => {
      if (!this.connected.has(id)) {
        this.move(id, 'comes')
      }
    })
    this.run(ms)
  }

  /** Looks whenever a plan said so, and at the usual interval. */
  run (ms: number): void {
    const end = this.now + ms

    for (let next = this.look(); next <= end; next = this.look()) {
      this.now = next
    }

    this.now = end
  }

  /** Those that hold the record, of the holders. */
  get current (): Array<{ id: string, address?: string }> {
    return this.copies.views()
      .filter(({ peer, connected, record }) => connected && record === this.id && this.holders.includes(peer))
      .map(({ peer }) => this.network(peer))
  }

  /** All that hold if they are asked once. */
  get reliable (): Array<{ id: string, address?: string }> {
    return this.of('good')
  }

  /** All that hold if they are asked often enough. */
  get good (): Array<{ id: string, address?: string }> {
    return this.of('good', 'moody')
  }

  private of (...natures: Array<Peer['nature']>): Array<{ id: string, address?: string }> {
    return [...this.peers].filter(([, { nature }]) => natures.includes(nature)).map(([id]) => this.network(id))
  }

  private get id (): string {
    return `record ${this.record}`
  }

  private network (id: string): { id: string, connection: string, since: number, address?: string } {
    const address = this.peers.get(id)?.address

    return { id, connection: 'c', since: 0, ...(address == null ? {} : { address }) }
  }

  private move (id: string, happens: 'leaves' | 'comes' | 'restarts'): void {
    if (happens !== 'comes') {
      this.connected.delete(id)
      this.copies.disconnected(id)
    }

    if (happens !== 'leaves') {
      this.connected.add(id)
      this.copies.connected(this.network(id))
    }
  }

  /** Returns when to look again. */
  private look (): number {
    for (let turn = 0; turn < 20; turn++) {
      this.watch(this.pinned)
      let step = this.plan()

      if (step.holders.toSorted().join() !== this.holders.toSorted().join()) {
        this.placements++
        this.holders = step.holders
        this.watch(step.holders)
        this.copies.keepOnly(step.holders)
        step = this.plan()
      }

      if (step.stores.length === 0) {
        expect(step.wakeAt ?? Infinity).toBeGreaterThan(this.now)

        return Math.min(step.wakeAt ?? Infinity, this.now + RECONCILE_INTERVAL)
      }

      step.stores.forEach(peer => { this.store(peer) })
    }

    throw new Error('stores without end at one moment')
  }

  private plan (): ReturnType<typeof plan> {
    return plan({
      now: this.now,
      record: this.id,
      placement: this.placements === 0 ? undefined : { id: `placement ${this.placements}`, holders: this.holders },
      copies: this.copies.views(),
      candidates: this.candidates(),
      pinned: this.pinned,
      target: this.target,
      minCopies: Math.min(2, this.target),
      repairDelay: 60_000,
      diskRepairDelay: 60_000
    }, this.random)
  }

  private candidates (): Candidate[] {
    return [...this.connected].map(id => ({ ...this.network(id), uptime: 0, refusedUntil: this.copies.get(id)?.notBefore ?? 0 }))
  }

  private watch (peers: readonly string[]): void {
    peers.forEach(id => { this.copies.watch(id, this.connected.has(id) ? this.network(id) : undefined) })
  }

  private store (id: string): void {
    const nature = this.peers.get(id)?.nature

    if (!this.connected.has(id)) {
      throw new Error('a store to who is not there')
    }

    if (nature === 'full') {
      this.copies.refused(id, 'at capacity', 60_000)
    } else if (nature === 'limits') {
      this.copies.refused(id, 'rate limited', 20_000)
    } else if (nature === 'dead' || (nature === 'moody' && this.random.next() < 0.5)) {
      this.copies.failed(id, 'timeout')
    } else {
      this.copies.acknowledged(id, this.id, `placement ${this.placements}`)
    }
  }
}

const worlds = fc.record({
  peers,
  events,
  pinned: fc.oneof(fc.constant<number[]>([]), fc.array(fc.nat(11), { maxLength: 4 })),
  target: fc.constantFrom(1, 2, 3, 3, 3, 5),
  seed: fc.nat()
})

const minute = 60_000

function settled ({ peers, events, pinned, target, seed }: { peers: Peer[], events: Event[], pinned: number[], target: number, seed: number }): World {
  const world = new World(peers, { pinned, target, seed })
  events.forEach(event => { world.happen(event) })
  world.calm(60 * minute)

  return world
}

describe('plans carried out again and again', () => {
  it('end with copies in as many places as there are, up to the target', () => {
    fc.assert(fc.property(worlds, situation => {
      const world = settled(situation)
      const { current, reliable, good } = world
      // while others are tried in vain, moody ones come and go
      const there = distinctCopies(good) >= situation.target ? good : reliable

      expect(distinctCopies(current)).toBeGreaterThanOrEqual(Math.min(situation.target, distinctCopies(there)))
      expect(current.length).toBeGreaterThanOrEqual(Math.min(situation.target, there.length))
    }), { numRuns: 100 })
  })

  it('then change nothing any more', () => {
    fc.assert(fc.property(worlds, situation => {
      const world = settled(situation)
      fc.pre(distinctCopies(world.good) >= situation.target)

      const { placements, holders } = world
      world.run(60 * minute)

      expect({ placements: world.placements, holders: world.holders }).toStrictEqual({ placements, holders })
    }), { numRuns: 100 })
  })

  it('change a few times an hour per peer that fails, where there are too few others', () => {
    fc.assert(fc.property(worlds, situation => {
      const world = settled(situation)
      const { placements } = world
      world.run(60 * minute)

      expect(world.placements - placements).toBeLessThanOrEqual(12 * situation.peers.filter(({ nature }) => nature !== 'good').length)
    }), { numRuns: 60 })
  })

  it('keep no more holders than are wanted once all is well, but for the pinned', () => {
    fc.assert(fc.property(worlds, situation => {
      const world = settled({ ...situation, peers: situation.peers.map(peer => ({ ...peer, nature: 'good' as const })) })
      fc.pre(distinctCopies(world.good) >= situation.target)

      const unpinned = world.holders.filter(id => !situation.pinned.some(i => id === `peer ${i % situation.peers.length}`))
      const pinned = world.holders.length - unpinned.length

      // pinned ones may share a host, and then each of them is one more
      expect(unpinned.length).toBeLessThanOrEqual(situation.target)
      expect(pinned === 0 ? world.holders.length : 0).toBeLessThanOrEqual(situation.target)
    }), { numRuns: 60 })
  })

  it('are not kept from the target by peers that accept and never store', () => {
    const bad = (['full', 'limits', 'dead'] as const).flatMap(nature => Array.from({ length: 3 }, () => ({ address: undefined, nature })))
    const good = Array.from({ length: 3 }, () => ({ address: undefined, nature: 'good' as const }))

    for (let seed = 0; seed < 50; seed++) {
      const world = new World([...bad, ...good], { pinned: [], target: 3, seed })
      world.run(10 * minute)

      expect(world.current).toHaveLength(3)
    }
  })
})
