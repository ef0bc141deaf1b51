import { int, pick, seededRandom, seedPlatformRandomness } from '@nara-stash/testing'
import { contentOf, Truth, union } from './schedule-truth.ts'
import { childRandom, Nara, World } from './world.ts'
import type { Verdict } from './schedule-truth.ts'
import type { Random } from '@nara-stash/protocol'

/**
 * Random schedules of writes, crashes in the middle of stores, restarts, cut links, lost memories and copies handed on, with the
 * truth kept beside the real code.
 */
const PEERS = 5

/** Steps of one schedule: enough for three or four owners' lives. */
const STEPS = 40

export interface ScheduleOptions {
  merge?: boolean
  steps?: number
}

export interface Outcome extends Verdict {
  writes: number
  acknowledged: number
  boots: number
  doubts: number
  final: string
}

export async function runSchedule (seed: number, options: ScheduleOptions = {}): Promise<Outcome> {
  // the nonce of a body, and with it the record's id and the holders' ranks, is to follow from the seed, too
  const restore = seedPlatformRandomness(seededRandom(seed))

  try {
    return await new Schedule(seed, options).run()
  } finally {
    restore()
  }
}

class Schedule {
  private readonly world: World
  private readonly random: Random
  private readonly options: ScheduleOptions
  /** Peers out of the owner's reach, by number. */
  private readonly far = new Set<number>()
  private readonly outcome: Outcome = { lost: [], log: [], writes: 0, acknowledged: 0, boots: 1, doubts: 0, absorbed: 0, final: '' }
  private readonly truth = new Truth(this.outcome)
  private owner!: Nara
  private peers: Nara[] = []

  constructor (seed: number, options: ScheduleOptions) {
    this.random = seededRandom(seed)
    this.options = options
    this.world = new World({ seed: Math.floor(childRandom(this.random).next() * 2 ** 40), latency: [1, 60] })
  }

  async run (): Promise<Outcome> {
    const { world, random, outcome } = this

    this.owner = await world.nara({ fresh: true, gossip: false, repairDelay: pick(random, [0, 5_000, 60_000]), ...(this.options.merge === true ? { merge: union } : {}) })
    this.peers = await world.confidants(PEERS, { owns: false, gossip: false })
    this.watch()
    world.net.connectAll()
    await world.run(1_000)

    for (let step = 0; step < (this.options.steps ?? STEPS); step++) {
      await this.step()
      this.note()
    }

    await this.heal()
    outcome.acknowledged = this.truth.acknowledged

    return outcome
  }

  private async step (): Promise<void> {
    const { world, random } = this
    const dice = random.next()

    if (dice < 0.36) {
      await this.write()
    } else if (dice < 0.42) {
      await this.reboot()
    } else if (dice < 0.52) {
      await world.run(pick(random, [200, 3_000, 12_000, 70_000]))
    } else if (dice < 0.72) {
      this.turn(int(random, 0, PEERS - 1))
    } else if (dice < 0.82) {
      await this.forget(pick(random, this.peers))
    } else if (dice < 0.92) {
      await this.handOn()
    } else {
      await this.push(pick(random, this.peers))
    }
  }

  /** The application reads, adds one write of its own, and perhaps dies while it is being stored. */
  private async write (): Promise<void> {
    const { world, random, owner, outcome } = this

    if (owner.state !== 'settled' && owner.state !== 'empty') {
      await world.run(2_000)
      return
    }

    const content = [...contentOf(owner.stash.getStashData()?.data), `w${++outcome.writes}`]
    const process = owner.process

    outcome.log.push(`write w${outcome.writes}`)
    owner.stash.setStashData(new TextEncoder().encode(JSON.stringify(content))).then(({ outcome, seq }) => {
      const id = this.truth.idOf(process.parts.owning?.own.boot, seq)

      if (outcome === 'kept' && id != null) {
        this.truth.acknowledge(id)
      }
    }, () => {})

    if (random.next() < 0.5) {
      // somewhere between the first byte sent and the last answer
      await world.run(int(random, 0, 100))
      this.note()
      await this.reboot()
    } else {
      await world.run(pick(random, [150, 1_000, 15_000]))
    }
  }

  private async reboot (): Promise<void> {
    const { world, random, owner, outcome } = this

    outcome.log.push(`reboot at ${world.clock.now()}`)
    outcome.boots++
    owner.kill()
    await world.run(pick(random, [0, 100, 5_000]))
    await owner.restart()
    this.watch()
    // somewhere else, where others are in reach
    this.far.clear()
    this.peers.forEach((_, i) => {
      if (random.next() >= 0.6) {
        this.far.add(i)
      }
    })
    this.connect()
    await world.run(pick(random, [0, 50, 500, 13_000]))
  }

  /** A peer goes out of the owner's reach, or comes back into it. */
  private turn (i: number): void {
    const { world, owner, outcome } = this
    const peer = this.peers[i] as Nara

    if (this.far.delete(i)) {
      outcome.log.push(`${i} near`)
      this.connect()
    } else {
      outcome.log.push(`${i} far`)
      this.far.add(i)
      world.net.disconnect(owner.process.port, peer.id)
    }
  }

  private connect (): void {
    const { net } = this.world

    this.peers.forEach((peer, i) => {
      if (!this.far.has(i) && net.connections(this.owner.process.port, peer.id).length === 0) {
        net.connect(this.owner.process.port, peer.id)
      }

      this.peers.slice(0, i).forEach(other => {
        if (net.connections(peer.id, other.id).length === 0) {
          net.connect(peer.id, other.id)
        }
      })
    })
  }

  /** A confidant's process dies, and another one starts with nothing. */
  private async forget (peer: Nara): Promise<void> {
    this.outcome.log.push(`${this.peers.indexOf(peer)} forgets`)
    peer.kill()
    await this.world.run(pick(this.random, [0, 1_000, 20_000]))
    await peer.restart()
    this.connect()
  }

  /** A holder brings a copy to another peer, as surrogates do. */
  private async handOn (): Promise<void> {
    const { world, owner, random, outcome } = this
    const [from, to] = [pick(random, this.peers), pick(random, this.peers)]
    const whole = await from.process.parts.held.read(owner.id)

    if (from !== to && whole != null) {
      outcome.log.push(`${this.peers.indexOf(from)} hands on to ${this.peers.indexOf(to)}`)
      const { stash: { record, placement, leaseRemaining }, body } = whole
      await world.of(from.process.port.ask(to.id, { type: 'store', record, placement, leaseRemaining, liveHolders: [], body }).catch(() => {}))
    }
  }

  private async push (peer: Nara): Promise<void> {
    await this.world.of(peer.stash.pushTo(this.owner.id).catch(() => {}))
  }

  /** Everybody within reach, for long enough: what is not lost is the owner's again, or it says that it doubts. */
  private async heal (): Promise<void> {
    const { world, owner, outcome } = this

    this.far.clear()
    this.connect()
    await world.run(90_000)
    this.note()

    for (const peer of this.peers) {
      await this.push(peer)
    }

    await world.run(40_000)
    this.note()
    outcome.final = owner.state

    if (owner.state !== 'settled' && owner.state !== 'empty' && owner.state !== 'doubtful') {
      outcome.lost.push(`still ${owner.state} though everybody is here`)
    }

    if (owner.state !== 'doubtful') {
      this.truth.judge(owner.process.parts.owning?.own.current?.data, this.peers.flatMap(peer => peer.holds(owner) ?? []))
    }
  }

  /** Looks over the shoulder of the owner's present process. */
  private watch (): void {
    const { own } = this.owner.process.parts.owning ?? {}

    if (own == null) {
      return
    }

    const seal = own.seal.bind(own)

    own.seal = async (data, writtenAt) => {
      const version = await seal(data, writtenAt)

      this.truth.seals(version.record, data)

      return version
    }
    this.owner.stash.addEventListener('stash:copies', () => { this.note() })
    this.owner.stash.addEventListener('stash:doubt', ({ detail }) => {
      this.outcome.doubts++
      this.outcome.log.push(`doubt: ${detail.reason}`)
    })
    this.owner.stash.addEventListener('stash:recovered', ({ detail }) => { this.outcome.log.push(`recovered ${JSON.stringify(detail)}`) })
  }

  private note (): void {
    const { own, replication } = this.owner.process.parts.owning ?? {}

    if (this.owner.up && replication?.acknowledged === true && own?.current != null) {
      this.truth.acknowledge(own.current.record.id)
    }
  }
}
