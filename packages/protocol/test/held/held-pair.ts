import fc from 'fast-check'
import { expect } from 'vitest'
import { leaseLeft } from '../../src/held/held-stash.ts'
import { HeldStashes } from '../../src/held/held-stashes.ts'
import { NewestTable } from '../../src/record/newest-table.ts'
import { arrivalOf, placementOf } from './arrivals.ts'
import { LEASE, Model, OWNERS } from './held-model.ts'
import { ManualClock } from './manual-clock.ts'
import { TroubledStore } from './troubled-store.ts'
import type { Brought, Stash } from './held-model.ts'
import type { Capacity } from '../../src/held/held-stashes.ts'

const ADDRESSES = ['192.0.2.1', '192.0.2.2', undefined]
export const CAPACITY: Capacity = { stashes: 4, bytes: 60, maxStash: 30 }
const SECOND = 1_000
const MINUTE = 60 * SECOND
const DAY = 24 * 60 * MINUTE

interface Pick { owner: number, index: number }

export type Event =
  { type: 'admit', pick: Pick, direct: boolean, address: string | undefined, version: number, lease: number } |
  { type: 'commit', which: number, wrong: boolean } |
  { type: 'release', which: number } |
  { type: 'drop' | 'renew' | 'confirm' | 'vouch', owner: string } |
  { type: 'hear', pick: Pick } |
  { type: 'pass', milliseconds: number, absent: boolean } |
  { type: 'disk', fails: boolean }

export const pick = fc.record({ owner: fc.nat(OWNERS.length - 1), index: fc.nat(7) })
const owner = fc.constantFrom(...OWNERS)
export const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 8, arbitrary: fc.record({
    type: fc.constant('admit' as const),
    pick,
    direct: fc.boolean(),
    address: fc.constantFrom(...ADDRESSES),
    version: fc.integer({ min: 1, max: 4 }),
    lease: fc.constantFrom(0, 10, LEASE, 2 * LEASE)
  }) },
  { weight: 8, arbitrary: fc.record({
    type: fc.constant('commit' as const), which: fc.nat(9), wrong: fc.constantFrom(false, false, false, false, true)
  }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('release' as const), which: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constantFrom('drop' as const, 'renew' as const, 'confirm' as const, 'vouch' as const), owner }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('hear' as const), pick }) },
  { weight: 2, arbitrary: fc.record({
    type: fc.constant('pass' as const), milliseconds: fc.constantFrom(SECOND, 11 * SECOND, 6 * MINUTE, 15 * MINUTE, 14 * DAY, 15 * DAY), absent: fc.boolean()
  }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('disk' as const), fails: fc.boolean() }) }
)

/** Held stashes and their model, to which the same happens. */
export class Pair {
  readonly disk = new TroubledStore()
  readonly newest = new NewestTable()
  readonly clock = new ManualClock()
  readonly held = new HeldStashes({ capacity: CAPACITY, newest: this.newest, clock: this.clock, store: this.disk })
  readonly model = new Model()
  private forgotten = 0
  private readonly world: Stash[][]
  private readonly count: (what: string) => void

  constructor (world: Stash[][], count: (what: string) => void) {
    this.world = world
    this.count = count
    this.held.addEventListener('stash:forgotten', () => { this.forgotten++ })
  }

  async happens (event: Event): Promise<void> {
    const { held, model, disk } = this

    switch (event.type) {
      case 'disk':
        disk.failing.clear()
        ;(event.fails ? ['put', 'update', 'delete'] as const : []).forEach(method => disk.failing.add(method))
        break
      case 'hear':
        await this.hear(this.stashAt(event.pick))
        break
      case 'drop':
        await this.drop(event.owner)
        break
      case 'renew':
        held.renew(event.owner)
        model.renew(event.owner)
        break
      case 'confirm':
        held.confirmed(event.owner)
        model.confirm(event.owner)
        break
      case 'vouch':
        held.vouched(event.owner)
        model.vouch(event.owner)
        break
      case 'pass':
        this.pass(event.milliseconds, event.absent)
        break
      case 'admit':
        await this.admit({ ...event, stash: this.stashAt(event.pick) }, event.address)
        break
      default:
        await this.end(event)
    }

    await this.check()
  }

  private stashAt ({ owner, index }: Pick): Stash {
    const history = this.world[owner] ?? []

    return history[index % history.length] as Stash
  }

  private async hear (stash: Stash): Promise<void> {
    const expected = this.model.see(stash)
    const relation = await this.held.hearOf(stash.record).catch((err: unknown) => err as Error)

    if (relation instanceof Error) {
      expect([relation.name, this.disk.failing.size > 0, stash.record.kind]).toStrictEqual(['HeldStoreError', true, 'tombstone'])
    } else {
      expect(relation).toBe(expected)
      const before = this.model.forgotten
      this.model.hear(stash)
      this.count(this.model.forgotten > before ? 'heard that it ended' : `heard ${relation}`)
    }
  }

  private async drop (owner: string): Promise<void> {
    const present = this.model.held(owner)
    const dropping = this.held.drop(owner, present?.stash.record.id ?? 'none')

    if (present != null && this.disk.failing.size > 0) {
      await expect(dropping).rejects.toMatchObject({ name: 'HeldStoreError' })
    } else {
      expect(await dropping).toBe(present != null)

      if (present != null) {
        this.model.kept.delete(owner)
      }
    }
  }

  private pass (milliseconds: number, absent: boolean): void {
    this.clock.advance(milliseconds)

    if (absent) {
      this.held.absent(milliseconds)
    }

    this.model.pass(milliseconds, absent)
  }

  private async admit (brought: Brought, address: string | undefined): Promise<void> {
    const { model } = this
    const { stash, direct, version, lease } = brought
    const { owner, kind } = stash.record
    const placement = placementOf(owner, version, LEASE)
    const expected = model.verdict(stash)
    const before = model.taken()
    const had = model.kept.has(owner)
    const answer = await this.held.admit(arrivalOf(stash.record, { direct, address, placement, leaseRemaining: lease }))
      .catch((err: unknown) => err as Error)

    if (expected === 'conflict') {
      model.see(stash)
    }

    if (answer instanceof Error) {
      // of data only the noting of a placement, or of the owner's own word, is written at this point
      expect([answer.name, this.disk.failing.size > 0]).toStrictEqual(['HeldStoreError', true])
      expect(expected).toBeOneOf(kind === 'data' ? ['have'] : ['have', 'welcome'])

      return
    }

    this.count(`${kind} ${answer.type === 'refused' ? answer.reason : answer.type}`)

    if (answer.type === 'admitted') {
      expect([kind, expected]).toStrictEqual(['data', 'welcome'])
      model.open.push({ ...brought, admission: answer })
    } else if (answer.type === 'refused') {
      // never a tombstone, never for want of a slot if it has one, and never for bytes if it needs none
      expect([kind, expected]).toStrictEqual(['data', 'welcome'])
      expect(model.held(owner) != null && answer.reason === 'at capacity').toBe(false)
      expect(model.held(owner) != null && before.bytes + stash.body.byteLength <= CAPACITY.bytes).toBe(false)
    } else if (answer.type === 'stored') {
      expect([kind, expected]).toStrictEqual(['tombstone', 'welcome'])
      model.keep(brought)
    } else {
      // of a tombstone whose days are over nothing but the header is kept
      const over = kind === 'tombstone' && expected === 'welcome' && lease === 0 && !direct
      expect(answer.type).toBe(over ? 'have' : expected)
      expect(over && had && model.held(owner) != null).toBe(false)

      if (answer.type === 'have') {
        model.keep(brought)
      }
    }
  }

  private async end (event: Extract<Event, { which: number }>): Promise<void> {
    const { model } = this
    const [open] = model.open.splice(event.which % Math.max(1, model.open.length), 1)

    if (open == null) {
      return
    }

    const { stash, admission } = open

    if (event.type === 'release') {
      admission.release()
    } else if (event.wrong) {
      await expect(admission.commit(new Uint8Array(stash.body.byteLength))).rejects.toMatchObject({ name: 'BodyMismatchError' })
    } else {
      const expected = model.verdict(stash)
      const outcome = await admission.commit(stash.body).catch((err: unknown) => err as Error)

      if (expected === 'conflict') {
        model.see(stash)
      }

      if (outcome instanceof Error) {
        expect([outcome.name, this.disk.failing.size > 0]).toStrictEqual(['HeldStoreError', true])

        return
      }

      this.count(`late ${outcome.type}`)
      expect(outcome.type).toBe(expected === 'welcome' ? 'stored' : expected)

      if (outcome.type === 'stored' || outcome.type === 'have') {
        model.keep(open)
      }
    }
  }

  private async check (): Promise<void> {
    const { held, model, newest } = this
    const now = this.clock.now()
    let bytes = 0

    expect(new Set(held.list().map(({ record }) => record.owner))).toStrictEqual(new Set(model.allHeld.map(([owner]) => owner)))
    expect(held.count).toBe(model.allHeld.length)
    expect(held.count).toBeLessThanOrEqual(CAPACITY.stashes)
    expect(new Set(held.lapsed().map(({ record }) => record.owner)))
      .toStrictEqual(new Set(model.allHeld.filter(([, { left }]) => left === 0).map(([owner]) => owner)))

    for (const owner of OWNERS) {
      const [kept, found] = [model.kept.get(owner), held.get(owner) ?? held.tombstone(owner)]
      const body = (await held.read(owner))?.body

      expect(held.get(owner) != null && held.tombstone(owner) != null).toBe(false)
      expect(found?.record).toBe(kept?.stash.record)
      expect(body).toStrictEqual(model.held(owner)?.stash.body)
      expect([newest.get(owner)?.id, newest.beside(owner)?.id]).toStrictEqual([model.newest.get(owner)?.record.id, model.beside.get(owner)?.record.id])
      bytes += body?.byteLength ?? 0

      if (kept != null && found != null) {
        expect([found.direct, found.placement.version, leaseLeft(found, now) * SECOND]).toStrictEqual([kept.direct, kept.version, kept.left])
        expect(found.record.kind === 'tombstone' || (found.restored === kept.restored && found.mayBeDeleted === kept.mayBeDeleted)).toBe(true)
        this.count(`${found.record.kind} ${found.mayBeDeleted ? 'marked' : 'not marked'}`)
      }
    }

    expect([held.bytes, this.forgotten]).toStrictEqual([bytes, model.forgotten])
    expect(bytes).toBeLessThanOrEqual(CAPACITY.bytes)
    const { owners, bytes: promised } = model.taken()
    expect(owners.size).toBeLessThanOrEqual(CAPACITY.stashes)
    expect(promised).toBeLessThanOrEqual(CAPACITY.bytes)
  }
}
