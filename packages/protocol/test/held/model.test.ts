import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HeldStashes } from '../../src/held/held-stashes.ts'
import { MemoryStashStore } from '../../src/held/memory-store.ts'
import { NewestTable } from '../../src/record/newest-table.ts'
import { arrivalOf } from './arrivals.ts'
import { worlds } from './held-model.ts'
import { CAPACITY, Pair, events, pick } from './held-pair.ts'
import { ManualClock } from './manual-clock.ts'
import type { Stash } from './held-model.ts'
import type { StashStore } from '../../src/held/stash-store.ts'
import type { RecordHeader } from '../../src/record/header.ts'

describe('held stashes', () => {
  it('do as the model does, whatever comes', async () => {
    const seen = new Map<string, number>()
    const count = (what: string): void => { seen.set(what, (seen.get(what) ?? 0) + 1) }

    await fc.assert(fc.asyncProperty(worlds, fc.array(events, { maxLength: 60, size: 'max' }), async (world, script) => {
      const pair = new Pair(world, count)

      for (const event of script) {
        await pair.happens(event)
      }
    }), { numRuns: 300, seed: 3 })

    // no rule was spared for want of a case
    for (const what of ['data admitted', 'data have', 'data stale', 'data conflict', 'data at capacity', 'data over quota',
      'tombstone stored', 'tombstone have', 'tombstone stale', 'tombstone conflict',
      'data marked', 'late stored', 'late have', 'late stale', 'late conflict', 'heard that it ended', 'heard conflict']) {
      expect(seen.get(what) ?? 0, what).toBeGreaterThan(5)
    }
  })

  it('never overdraw nor step back nor raise the dead, in whatever order the store finishes its writes', async () => {
    await fc.assert(fc.asyncProperty(worlds, fc.array(pick, { minLength: 2, maxLength: 20 }), fc.scheduler(), async (world, picks, scheduler) => {
      const memory = new MemoryStashStore()
      const newest = new NewestTable()
      const put = scheduler.scheduleFunction(memory.put.bind(memory))
      const within = (): void => {
        expect(held.count).toBeLessThanOrEqual(CAPACITY.stashes)
        expect(held.bytes).toBeLessThanOrEqual(CAPACITY.bytes)
      }
      const scheduled: StashStore = {
        persistent: false,
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

      const stores = picks.map(async ({ owner, index }, i) => {
        const history = world[owner] ?? []
        const stash = history[index % history.length] as Stash
        stashes.set(keyOf(stash.record), stash)

        if (stash.record.kind === 'tombstone' && i % 2 === 0) {
          await held.hearOf(stash.record)

          return
        }

        const answer = await held.admit(arrivalOf(stash.record))
        const outcome = answer.type === 'admitted' ? await answer.commit(stash.body) : answer

        if (outcome.type === 'stored') {
          acknowledged.push(stash)
        }
      })

      await scheduler.waitFor(Promise.all(stores))
      within()

      for (const stash of acknowledged) {
        const { owner, id } = stash.record
        const now = (held.get(owner) ?? held.tombstone(owner))?.record
        expect(now?.id === id || (now != null && stashes.get(keyOf(now))?.ancestors.has(id))).toBe(true)
      }

      for (const { record } of held.list()) {
        expect((await held.read(record.owner))?.body).toStrictEqual(stashes.get(keyOf(record))?.body)
        expect([newest.get(record.owner)?.id, held.tombstone(record.owner)]).toStrictEqual([record.id, undefined])
      }
    }), { numRuns: 300 })
  })
})
