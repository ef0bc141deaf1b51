import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HeldStashes } from '../../src/held/held-stashes.ts'
import { MemoryStashStore } from '../../src/held/memory-store.ts'
import { NewestTable } from '../../src/record/newest-table.ts'
import { headerOf } from '../record/headers.ts'
import { histories } from '../record/histories.ts'
import { arrivalOf, placementOf } from './arrivals.ts'
import { ManualClock } from './manual-clock.ts'
import { TroubledStore } from './troubled-store.ts'
import type { Admitted, Capacity } from '../../src/held/held-stashes.ts'
import type { StashStore } from '../../src/held/stash-store.ts'
import type { RecordHeader } from '../../src/record/header.ts'

const OWNERS = ['o1', 'o2', 'o3', 'o4', 'o5', 'o6']
const ADDRESSES = ['192.0.2.1', '192.0.2.2', undefined]
const CAPACITY: Capacity = { stashes: 4, bytes: 60, maxStash: 30 }

/** A record with its body, and the ids of those that it really builds on. */
interface Stash {
  record: RecordHeader
  body: Uint8Array
  ancestors: ReadonlySet<string>
}

/** For each owner all that it ever wrote, in some order, of bodies from 1 to 25 bytes. */
const worlds: fc.Arbitrary<Stash[][]> = fc.tuple(...OWNERS.map(owner =>
  fc.tuple(histories(3, { minLength: 1, maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 8, maxLength: 8 }))
    .map(([history, sizes]) => {
      const stashes = history.map((written, i): Stash => {
        const body = new Uint8Array(sizes[i] ?? 1).fill(i + 1)

        return { record: headerOf(owner, written, written.past, body), body, ancestors: new Set() }
      })

      return stashes.map((stash, i): Stash => ({
        ...stash,
        ancestors: new Set(stashes.filter((_, j) => history[i]?.ancestors.has(history[j]?.id ?? '')).map(({ record }) => record.id))
      }))
    })))

const pick = fc.record({ owner: fc.nat(OWNERS.length - 1), index: fc.nat(7) })
const events = fc.oneof(
  { weight: 8, arbitrary: fc.record({
    type: fc.constant('admit' as const),
    pick,
    direct: fc.boolean(),
    address: fc.constantFrom(...ADDRESSES),
    version: fc.integer({ min: 1, max: 4 })
  }) },
  { weight: 8, arbitrary: fc.record({
    type: fc.constant('commit' as const), which: fc.nat(9), wrong: fc.constantFrom(false, false, false, false, true)
  }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('release' as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('drop' as const), owner: fc.constantFrom(...OWNERS) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('hear' as const), pick }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('disk' as const), fails: fc.boolean() }) }
)

/** What must be true of held stashes, said as simply as can be. */
class Model {
  readonly held = new Map<string, Stash>()
  readonly newest = new Map<string, Stash>()
  readonly direct = new Map<string, boolean>()
  readonly version = new Map<string, number>()
  readonly open: Array<{ stash: Stash, direct: boolean, version: number, admission: Admitted }> = []

  verdict (stash: Stash): 'have' | 'stale' | 'conflict' | 'welcome' {
    const { owner, id } = stash.record
    const known = [this.held.get(owner), this.newest.get(owner)].filter(other => other != null && other.record.id !== id) as Stash[]

    return this.held.get(owner)?.record.id === id
      ? 'have'
      : known.some(other => other.ancestors.has(id))
        ? 'stale'
        : known.every(other => stash.ancestors.has(other.record.id)) ? 'welcome' : 'conflict'
  }

  see (stash: Stash): void {
    const present = this.newest.get(stash.record.owner)

    if (present == null || stash.ancestors.has(present.record.id)) {
      this.newest.set(stash.record.owner, stash)
    }
  }

  keep (stash: Stash, direct: boolean, version: number): void {
    const { owner, id } = stash.record
    const same = this.held.get(owner)?.record.id === id
    this.direct.set(owner, direct || (same && this.direct.get(owner) === true))
    this.version.set(owner, Math.max(version, same ? this.version.get(owner) ?? 0 : 0))
    this.held.set(owner, stash)
    this.see(stash)
  }

  /** The owners that take a slot, and the bytes that will be taken at most. */
  taken (): { owners: Set<string>, bytes: number } {
    const owners = new Set([...this.held.keys(), ...this.open.map(({ stash }) => stash.record.owner)])
    const bytes = [...owners].reduce((sum, owner) => sum + Math.max(
      this.held.get(owner)?.body.byteLength ?? 0,
      ...this.open.filter(({ stash }) => stash.record.owner === owner).map(({ stash }) => stash.body.byteLength)
    ), 0)

    return { owners, bytes }
  }
}

async function check (held: HeldStashes, newest: NewestTable, model: Model): Promise<void> {
  expect(new Map(held.list().map(({ record, direct, placement }) => [record.owner, [record.id, direct, placement.version]])))
    .toStrictEqual(new Map([...model.held].map(([owner, { record }]) => [owner, [record.id, model.direct.get(owner), model.version.get(owner)]])))
  expect(held.count).toBe(model.held.size)
  expect(held.count).toBeLessThanOrEqual(CAPACITY.stashes)

  let bytes = 0

  for (const [owner, { body }] of model.held) {
    expect((await held.read(owner))?.body).toStrictEqual(body)
    bytes += body.byteLength
  }

  expect(held.bytes).toBe(bytes)
  expect(bytes).toBeLessThanOrEqual(CAPACITY.bytes)

  for (const owner of OWNERS) {
    expect(newest.get(owner)?.id).toBe(model.newest.get(owner)?.record.id)
  }

  const { owners, bytes: promised } = model.taken()
  expect(owners.size).toBeLessThanOrEqual(CAPACITY.stashes)
  expect(promised).toBeLessThanOrEqual(CAPACITY.bytes)
}

describe('held stashes', () => {
  it('do as the model does, whatever comes', async () => {
    const seen = new Map<string, number>()
    const count = (what: string): void => { seen.set(what, (seen.get(what) ?? 0) + 1) }

    await fc.assert(fc.asyncProperty(worlds, fc.array(events, { maxLength: 60, size: 'max' }), async (world, script) => {
      const disk = new TroubledStore()
      const newest = new NewestTable()
      const held = new HeldStashes({ capacity: CAPACITY, newest, clock: new ManualClock(), store: disk })
      const model = new Model()
      const stashAt = ({ owner, index }: { owner: number, index: number }): Stash => {
        const history = world[owner] ?? []

        return history[index % history.length] as Stash
      }

      for (const event of script) {
        if (event.type === 'disk') {
          disk.failing.clear()

          if (event.fails) {
            disk.failing.add('put').add('update').add('delete')
          }
        } else if (event.type === 'hear') {
          newest.see(stashAt(event.pick).record)
          model.see(stashAt(event.pick))
        } else if (event.type === 'drop') {
          const present = model.held.get(event.owner)
          const dropping = held.drop(event.owner, present?.record.id ?? 'none')

          if (present != null && disk.failing.size > 0) {
            await expect(dropping).rejects.toMatchObject({ name: 'HeldStoreError' })
          } else {
            expect(await dropping).toBe(present != null)
            model.held.delete(event.owner)
          }
        } else if (event.type === 'admit') {
          const { direct, address, version } = event
          const stash = stashAt(event.pick)
          const { owner } = stash.record
          const arrival = arrivalOf(stash.record, { direct, address, placement: placementOf(owner, version) })
          const expected = model.verdict(stash)
          const before = model.taken()
          const answer = await held.admit(arrival).catch((err: unknown) => err as Error)

          if (answer instanceof Error) {
            // only the noting of a placement, or of the owner's own word, is written at this point
            expect([answer.name, expected, disk.failing.size > 0]).toStrictEqual(['HeldStoreError', 'have', true])
            continue
          }

          count(answer.type === 'refused' ? answer.reason : answer.type)

          if (answer.type === 'admitted') {
            expect(expected).toBe('welcome')
            model.open.push({ stash, direct, version, admission: answer })
          } else if (answer.type === 'refused') {
            expect(expected).toBe('welcome')
            // never for want of a slot if it has one, and never for bytes if it needs none
            expect(model.held.has(owner) && answer.reason === 'at capacity').toBe(false)
            expect(model.held.has(owner) && before.bytes + stash.body.byteLength <= CAPACITY.bytes).toBe(false)
          } else {
            expect(answer.type).toBe(expected)

            if (answer.type === 'have') {
              model.keep(stash, direct, version)
            }
          }
        } else if (model.open.length > 0) {
          const [{ stash, direct, version, admission }] =
            model.open.splice(event.which % model.open.length, 1) as [Model['open'][number]]

          if (event.type === 'release') {
            admission.release()
          } else if (event.wrong) {
            await expect(admission.commit(new Uint8Array(stash.body.byteLength))).rejects.toMatchObject({ name: 'BodyMismatchError' })
          } else {
            const expected = model.verdict(stash)
            const outcome = await admission.commit(stash.body).catch((err: unknown) => err as Error)

            if (outcome instanceof Error) {
              expect([outcome.name, disk.failing.size > 0]).toStrictEqual(['HeldStoreError', true])
            } else {
              count(`late ${outcome.type}`)
              expect(outcome.type).toBe(expected === 'welcome' ? 'stored' : expected)

              if (outcome.type === 'stored' || outcome.type === 'have') {
                model.keep(stash, direct, version)
              }
            }
          }
        }

        await check(held, newest, model)
      }
    }), { numRuns: 300, seed: 3 })

    // no rule was spared for want of a case
    for (const what of ['admitted', 'have', 'stale', 'conflict', 'at capacity', 'over quota',
      'late stored', 'late have', 'late stale', 'late conflict']) {
      expect(seen.get(what) ?? 0, what).toBeGreaterThan(5)
    }
  })

  it('never overdraw nor step back, in whatever order the store finishes its writes', async () => {
    await fc.assert(fc.asyncProperty(worlds, fc.array(pick, { minLength: 2, maxLength: 20 }), fc.scheduler(), async (world, picks, scheduler) => {
      const memory = new MemoryStashStore()
      const newest = new NewestTable()
      const put = scheduler.scheduleFunction(memory.put.bind(memory))
      const within = (): void => {
        expect(held.count).toBeLessThanOrEqual(CAPACITY.stashes)
        expect(held.bytes).toBeLessThanOrEqual(CAPACITY.bytes)
      }
      const scheduled: StashStore = {
        load: async () => await memory.load(),
        put: async (stash, body) => {
          within()
          await put(stash, body)
          within()
        },
        update: scheduler.scheduleFunction(memory.update.bind(memory)),
        body: memory.body.bind(memory),
        delete: scheduler.scheduleFunction(memory.delete.bind(memory))
      }
      const held = new HeldStashes({ capacity: CAPACITY, newest, clock: new ManualClock(), store: scheduled })
      // by owner and id: two owners may sign the same payload
      const stashes = new Map<string, Stash>()
      const keyOf = ({ owner, id }: RecordHeader): string => `${owner} ${id}`
      const acknowledged: Stash[] = []

      const stores = picks.map(async ({ owner, index }) => {
        const history = world[owner] ?? []
        const stash = history[index % history.length] as Stash
        stashes.set(keyOf(stash.record), stash)
        const answer = await held.admit(arrivalOf(stash.record))
        const outcome = answer.type === 'admitted' ? await answer.commit(stash.body) : answer

        if (outcome.type === 'stored') {
          acknowledged.push(stash)
        }
      })

      await scheduler.waitFor(Promise.all(stores))
      within()

      for (const stash of acknowledged) {
        const now = held.get(stash.record.owner)?.record
        expect(now?.id === stash.record.id || (now != null && stashes.get(keyOf(now))?.ancestors.has(stash.record.id))).toBe(true)
      }

      for (const { record } of held.list()) {
        expect((await held.read(record.owner))?.body).toStrictEqual(stashes.get(keyOf(record))?.body)
        expect(newest.get(record.owner)?.id).toBe(record.id)
      }
    }), { numRuns: 500 })
  })
})
