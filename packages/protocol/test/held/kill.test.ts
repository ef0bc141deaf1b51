import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, cp, mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { LevelDatastore } from 'datastore-level'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DatastoreStashStore } from '../../src/held/datastore-store.ts'
import { heldStashes, store } from './arrivals.ts'
import { ManualClock } from './manual-clock.ts'
import { peerId, signed } from './signed.ts'
import type { DamagedStash } from '../../src/held/stash-store.ts'
import type { HeldStashes } from '../../src/held/held-stashes.ts'

const STORING_PROCESS = fileURLToPath(new URL('./storing-process.ts', import.meta.url))

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'held-stashes-'))
})

afterEach(async () => {
  await rm(folder, { recursive: true })
})

async function withHeld <T> (
  path: string, use: (held: HeldStashes, damaged: DamagedStash[], datastore: LevelDatastore) => Promise<T>
): Promise<T> {
  const datastore = new LevelDatastore(path)
  await datastore.open()

  try {
    const clock = new ManualClock()
    const capacity = { stashes: 5, bytes: 2 ** 24, maxStash: 2 ** 20 }
    const { held } = heldStashes({ capacity, clock, store: new DatastoreStashStore({ datastore, clock }) })
    const damaged: DamagedStash[] = []
    held.addEventListener('stash:damaged', ({ detail }) => { damaged.push(detail) })
    await held.start()

    return await use(held, damaged, datastore)
  } finally {
    await datastore.close()
  }
}

/** Of entries and bodies. */
async function keyCount (datastore: LevelDatastore): Promise<number> {
  let count = 0

  for await (const key of datastore.queryKeys({ prefix: '/' })) {
    count += /^\/nara\/stash\/(entries|bodies)\//.test(key.toString()) ? 1 : 0
  }

  return count
}

/** Resolves with the last seq that the process had acknowledged when it was killed, after at least `count` of them. */
async function killAfter (path: string, bytes: number, count: number): Promise<number> {
  const child = spawn(process.execPath, [STORING_PROCESS, path, '1', String(bytes)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  let acknowledged = 0
  let lines = 0

  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line)
    lines++

    if (lines === count) {
      child.kill('SIGKILL')
    }
  }

  expect(await closed).toStrictEqual([null, 'SIGKILL'])

  return acknowledged
}

describe('held stashes on a real disk', () => {
  it('keep what was acknowledged through kill -9 in the middle of stores', async () => {
    for (const [round, [bytes, count]] of ([[100, 5], [300_000, 3], [40_000, 20], [1_000_000, 2]] as const).entries()) {
      const acknowledged = await killAfter(folder, bytes, count)

      await withHeld(folder, async (held, damaged, datastore) => {
        const owner = await peerId(1)
        const whole = await held.read(owner)
        const seq = (whole?.stash ?? held.tombstone(owner))?.record.seq ?? 0

        expect(damaged, `round ${round}`).toStrictEqual([])
        expect(seq).toBeGreaterThanOrEqual(acknowledged)
        expect(seq).toBeLessThanOrEqual(acknowledged + 1)
        expect(whole?.body).toStrictEqual(seq % 3 === 0 ? undefined : new Uint8Array(bytes).fill(seq))
        expect(await keyCount(datastore)).toBe(seq % 3 === 0 ? 1 : 2)
      })
    }
  }, 60_000)

  it.each(['data', 'tombstone'] as const)('find the old copy or the new %s wherever the database\'s log was cut off', async (kind) => {
    const [first, second] = [await signed(1, 1, { bytes: 500 }), await signed(1, 2, kind === 'data' ? { bytes: 700 } : { kind })]
    const { owner } = first.arrival.record
    const whole = join(folder, 'whole')
    const log = async (path: string): Promise<string> => {
      const [name, ...others] = (await readdir(path)).filter(name => name.endsWith('.log'))
      expect(others).toStrictEqual([])

      return join(path, name ?? '')
    }

    const [afterFirst, afterSecond] = await withHeld(whole, async (held) => {
      await store(held, first.arrival, first.body)
      const { size } = await stat(await log(whole))
      await store(held, second.arrival, second.body)

      return [size, (await stat(await log(whole))).size]
    })
    const cuts = Array.from({ length: 40 }, (_, i) => afterFirst + Math.floor((afterSecond - afterFirst) * i / 39))
    const found = new Set<number>()

    for (const cut of cuts) {
      const torn = join(folder, `cut at ${cut}`)
      await cp(whole, torn, { recursive: true })
      await copyFile(await log(whole), await log(torn))
      await truncate(await log(torn), cut)

      await withHeld(torn, async (held, damaged, datastore) => {
        const read = await held.read(owner)
        const tombstone = held.tombstone(owner)
        const expected = read?.stash.record.seq === 2 ? second : first

        expect(damaged).toStrictEqual([])
        expect(read?.body).toStrictEqual(tombstone == null ? expected.body : undefined)
        expect(await keyCount(datastore)).toBe(tombstone == null ? 2 : 1)
        found.add((read?.stash ?? tombstone)?.record.seq ?? 0)
      })
    }

    expect([...found]).toStrictEqual([1, 2])
  })
})
