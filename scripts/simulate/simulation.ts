import { soulFromSeed } from '@nara-stash/crypto'
import { seededRandom, seedPlatformRandomness, SimNetwork, VirtualClock } from '@nara-stash/testing'
import { peerIdOf } from '../../packages/node/dist/identity.js'
import { noCounts } from './counts.ts'
import { PresenceBoard } from './presence-board.ts'
import { SimulatedNara } from './simulated-nara.ts'
import type { SimulationInit } from './arguments.ts'
import type { Counts } from './counts.ts'
import type { World } from './world.ts'

const day = 86_400_000

/** The naras rise one after the other over this long, in milliseconds: a network is not switched on. */
const RISE_OVER = 10 * 60_000

/** The state at one time. */
export interface Row {
  /** Milliseconds of virtual time. */
  at: number
  up: number
  /** Stashes that have been kept, and of these: copies on average, and the share below target and minCopies. */
  stashes: number
  copies: number
  belowTarget: number
  belowMinimum: number
  /** The same for those whose owner is away. */
  absent: number
  absentCopies: number
  absentBelowMinimum: number
  messages: number
  bytes: number
  counts: Counts
}

export interface SimulationOptions {
  onRow? (row: Row): void
  onLost? (owner: SimulatedNara): void
}

/** Naras that come and go, all on virtual time; everything follows from the seed. */
export class Simulation implements World {
  readonly init: SimulationInit
  readonly clock = new VirtualClock()
  readonly net: SimNetwork
  readonly board: PresenceBoard
  readonly counts = noCounts()
  readonly naras: SimulatedNara[] = []
  private readonly byId = new Map<string, SimulatedNara>()
  private readonly options: SimulationOptions

  constructor (init: SimulationInit, options: SimulationOptions = {}) {
    const random = seededRandom(init.seed)
    const seed = (): number => Math.floor(random.next() * 2 ** 36)

    this.init = init
    this.options = options
    this.net = new SimNetwork({ clock: this.clock, random: seededRandom(seed()), bandwidth: init.bandwidth })
    this.board = new PresenceBoard(this.clock, (a, b) => this.net.conditions.reachable(a, b))

    for (let index = 0; index < init.nodes; index++) {
      const soul = soulFromSeed(random.bytes(32), `nara ${index}`)
      const nara = new SimulatedNara(this, { index, id: peerIdOf(soul), soul, address: addressOf(index), seed: seed(), onDisk: hasDisk(index, init) })

      this.naras.push(nara)
      this.byId.set(nara.id, nara)
    }
  }

  /** Runs to the end. */
  async run (): Promise<void> {
    const { days, every, nodes, seed } = this.init
    const restore = seedPlatformRandomness(seededRandom(seed + 1))

    try {
      this.naras.forEach((nara, i) => { this.clock.setTimer(() => { nara.rise() }, RISE_OVER * i / nodes) })

      for (let at = every; at < days * day; at += every) {
        await this.clock.advance(every)
        this.options.onRow?.(this.row())
      }

      await this.clock.advance(days * day - this.clock.now())
      this.naras.forEach(nara => { nara.close() })
      this.options.onRow?.(this.row())
    } finally {
      restore()
    }
  }

  nara (id: string): SimulatedNara | undefined {
    return this.byId.get(id)
  }

  holdersOf (owner: SimulatedNara): SimulatedNara[] {
    const { kept } = owner.truth

    return kept == null ? [] : this.naras.filter(nara => nara.holds(owner.id) === kept.id)
  }

  keepersOf (owner: SimulatedNara): SimulatedNara[] {
    const { kept } = owner.truth

    return kept == null ? [] : this.naras.filter(nara => nara.keeps(owner.id) === kept.id)
  }

  onLost (owner: SimulatedNara): void {
    this.options.onLost?.(owner)
  }

  private row (): Row {
    const { target } = this.init
    const minimum = Math.min(2, target)
    const stashes = this.naras.filter(({ truth }) => truth.kept != null).map(nara => ({ isUp: nara.process != null, copies: this.holdersOf(nara).length }))
    const absent = stashes.filter(({ isUp }) => !isUp)
    const sent = this.net.stats.sent()

    return {
      at: this.clock.now(),
      up: this.naras.filter(({ process }) => process != null).length,
      stashes: stashes.length,
      copies: mean(stashes.map(({ copies }) => copies)),
      belowTarget: mean(stashes.map(({ copies }) => Number(copies < target))),
      belowMinimum: mean(stashes.map(({ copies }) => Number(copies < minimum))),
      absent: absent.length,
      absentCopies: mean(absent.map(({ copies }) => copies)),
      absentBelowMinimum: mean(absent.map(({ copies }) => Number(copies < minimum))),
      messages: sent.messages,
      bytes: sent.bytes,
      counts: structuredClone(this.counts)
    }
  }
}

function mean (numbers: readonly number[]): number {
  return numbers.length === 0 ? 0 : numbers.reduce((sum, number) => sum + number, 0) / numbers.length
}

/** So many of each hundred naras, spread evenly. */
function hasDisk (index: number, { disk }: SimulationInit): boolean {
  return Math.floor((index + 1) * disk) > Math.floor(index * disk)
}

/** A network (/24) of its own for each. */
function addressOf (index: number): string {
  return `10.${index >> 8}.${index & 255}.1`
}
