import { shuffled, supersedesOrIs } from '@nara-stash/protocol'
import { seededRandom } from '@nara-stash/testing'
import { settle } from '../../src/policy/settle.ts'
import { Peers } from './settle-peers.ts'
import { header, placementOf, TARGET } from './unsigned.ts'
import type { Placement, Random, RecordHeader } from '@nara-stash/protocol'
import type { Answer, Decision } from '../../src/policy/settle.ts'
import type { Written } from './settle-peers.ts'

const PEERS = 5
const STEPS = 90

/** A change of what the policy is told, to show that the rule it breaks is needed. */
export type Fault = (answers: Answer[], best: RecordHeader | undefined) => Answer[]

/** What is told of headers that were seen. */
export type Hearing = (heard: RecordHeader[]) => RecordHeader[]

export interface Outcome {
  confirmed: number
  /** Confirmed a record although one that it does not build on was acknowledged by minCopies of that placement. */
  wrong: number
  /** Settled on, or found deleted, what does not build on a record that minCopies acknowledged and one of those who answered has seen. */
  rolledBack: number
  /** Found it deleted. */
  deleted: number
}

/**
 * One owner, five peers: writes, some cut short by a crash; restarts; partitions; peers that lose their memory, also while the owner
 * asks around; copies that peers hand on; repairs. Whenever the policy says "confirmed", the truth is looked up.
 */
export function play (seed: number, fault: Fault = answers => answers, hearing: Hearing = heard => heard): Outcome {
  return new Schedule(seededRandom(seed), fault, hearing).play()
}

class Schedule {
  private readonly outcome: Outcome = { confirmed: 0, wrong: 0, rolledBack: 0, deleted: 0 }
  private readonly peers = new Peers(PEERS)
  private readonly written: Written[] = []
  private readonly random: Random
  private readonly fault: Fault
  private readonly hearing: Hearing
  private ids = 0
  private boots = 0

  private boot = ''
  private current: Written | undefined
  private placement: Placement | undefined
  /** The placement may go on to be used: for the version that was confirmed with it, or because this boot made it. */
  private usable = false
  private known: Written[] = []
  private highest = 0
  private answers: Answer[] | undefined

  constructor (random: Random, fault: Fault, hearing: Hearing) {
    this.random = random
    this.fault = fault
    this.hearing = hearing
  }

  play (): Outcome {
    this.restart()
    this.answers = undefined

    for (let step = 0; step < STEPS; step++) {
      const dice = this.random.next()

      if (dice < 0.20) {
        this.write()
      } else if (dice < 0.24) {
        this.restart()
      } else if (dice < 0.56) {
        this.ask()
      } else if (dice < 0.68) {
        this.peers.near[this.any()] = this.random.next() < 0.7
      } else if (dice < 0.77) {
        this.peers.lose(this.any())
      } else if (dice < 0.93) {
        this.peers.handOn(this.any(), this.any())
      } else {
        this.repair()
      }
    }

    return this.outcome
  }

  private any (): number {
    return Math.floor(this.random.next() * PEERS)
  }

  private restart (): void {
    this.boot = `boot ${++this.boots}`
    this.current = undefined
    this.placement = undefined
    this.known = []
    this.highest = 0
    this.answers = []
  }

  /** Asks one more peer; at times takes what there is as all there is. */
  private ask (): void {
    if (this.answers == null) {
      return
    }

    const at = this.any()
    const held = this.peers.held[at]
    const peer = `${at}`
    const status = this.peers.near[at] === true ? 'answered' as const : 'failed' as const

    this.answers = [
      ...this.answers.filter(answer => answer.peer !== peer),
      { peer, connected: true, status, ...(status === 'answered' ? held : undefined) }
    ]

    // all bodies could be read; seconds or hours may have passed
    const heardOut = this.random.next() < 0.1
    const answers = this.fault(this.answers, this.best())
    const witnessed = this.witnessed()

    this.decided(settle({
      answers: heardOut ? answers : [...answers, { peer: 'slow', connected: true, status: 'pending' }],
      readable: new Set(this.written.map(({ id }) => id)),
      coming: new Map(),
      heard: this.hearing(witnessed),
      firstContact: 0,
      now: heardOut ? 3_600_000 : 100,
      isKnown: () => false
    }), witnessed)
  }

  /** What those have seen who answered. */
  private witnessed (): Written[] {
    return (this.answers ?? []).flatMap(({ peer, status }) => status === 'answered' ? this.peers.seen[Number(peer)] ?? [] : [])
  }

  private best (): RecordHeader | undefined {
    const seen = (this.answers ?? []).flatMap(({ record }) => record ?? [])

    return seen.find(record => seen.every(other => supersedesOrIs(record, other)))
  }

  private decided (decision: Decision, witnessed: readonly Written[]): void {
    if (decision.type === 'settled') {
      this.judge(decision.best, witnessed)
      this.settled(decision)
    } else if (decision.type === 'empty') {
      this.empty(decision, witnessed)
    } else if (decision.type === 'doubtful') {
      // somebody says "fresh": the next record builds on all that was seen
      this.known = (this.answers ?? []).flatMap(({ record }) => this.written.find(({ id }) => id === record?.id) ?? [])
      this.highest = Math.max(...this.known.map(({ seq }) => seq))
      this.answers = undefined
    }
  }

  private empty ({ tombstone }: Extract<Decision, { type: 'empty' }>, witnessed: readonly Written[]): void {
    if (tombstone != null) {
      this.judge(tombstone, witnessed)
      this.known = this.written.filter(({ id }) => id === tombstone.id)
      this.highest = tombstone.seq
      this.outcome.deleted++
    }

    this.answers = undefined
  }

  /** Nothing that was acknowledged, and that somebody who answered has seen, may be missing from what is decided. */
  private judge ({ id }: RecordHeader, witnessed: readonly Written[]): void {
    const record = this.written.find(other => other.id === id) as Written
    const missing = witnessed.some(other => other.id !== id && !record.ancestors.has(other.id) && this.peers.isAcknowledged(other))

    this.outcome.rolledBack += missing ? 1 : 0
  }

  private settled ({ best, placement, confirmed }: Extract<Decision, { type: 'settled' }>): void {
    const record = this.written.find(({ id }) => id === best.id) as Written

    if (confirmed) {
      this.outcome.confirmed++
      this.outcome.wrong += this.written.some(other =>
        other !== record && !record.ancestors.has(other.id) && this.peers.isAcknowledgedUnder(other, placement)) ? 1 : 0
    }

    this.current = record
    this.placement = placement
    this.usable = confirmed
    this.highest = record.seq
    this.answers = undefined
  }

  private write (): void {
    if (this.answers != null) {
      return
    }

    const known = [...this.known, ...(this.current == null ? [] : [this.current])]
    const isDeletion = this.current != null && this.random.next() < 0.1
    const record: Written = {
      ...header(`record ${++this.ids}`, this.boot, ++this.highest, known),
      ...(isDeletion ? { kind: 'tombstone' as const, bodyLength: 0, bodyDigest: '' } : {}),
      ancestors: new Set(known.flatMap(({ id, ancestors }) => [id, ...ancestors]))
    }

    this.usable &&= this.current?.boot === this.boot
    this.written.push(record)
    this.current = record
    this.known = []
    this.distribute(this.random.next() < 0.5)
  }

  /** Stores what there is with the holders, or others in place of those out of reach. */
  private repair (): void {
    if (this.answers == null && this.current != null) {
      this.distribute(false)
    }
  }

  private distribute (crashes: boolean): void {
    const holders = this.holders()

    if (!this.usable || this.placement == null || holders.join() !== this.placement.holders.join()) {
      // a random stride, so that two boots never make the same next version
      const version = (this.placement?.version ?? 0) + 1 + Math.floor(this.random.next() * 1_000_000)
      this.placement = placementOf(`placement ${++this.ids}`, version, holders)
      this.usable = true
    }

    const crash = crashes ? Math.floor(this.random.next() * (holders.length + 1)) : Infinity

    for (const [i, peer] of shuffled(holders, this.random).entries()) {
      if (i === crash) {
        this.restart()
        return
      }

      if (this.current == null || !this.peers.store(Number(peer), this.current, this.placement)) {
        // a stranger: somebody decides, after a restart at the latest
        this.restart()
        return
      }
    }
  }

  private holders (): string[] {
    const reachable = this.peers.near.flatMap((near, at) => near ? [`${at}`] : [])
    const staying = (this.placement?.holders ?? []).filter(peer => reachable.includes(peer))
    const others = shuffled(reachable.filter(peer => !staying.includes(peer)), this.random)

    return [...staying, ...others].slice(0, Math.max(TARGET, staying.length)).sort()
  }
}
