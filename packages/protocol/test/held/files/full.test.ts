import { describe, expect, it } from 'vitest'
import { store } from '../arrivals.ts'
import { signed } from '../signed.ts'
import { FragileDisk, lucky, unlucky } from './fragile-disk.ts'
import { over, restarted, stashFiles } from './over-files.ts'
import type { HeldStashes } from '../../../src/held/held-stashes.ts'

const BYTES = 2_048

const [first, second, third] = [await signed(1, 1, { bytes: BYTES }), await signed(1, 2, { bytes: BYTES }), await signed(1, 3, { bytes: BYTES })]
const [placed, end] = [await signed(1, 1, { bytes: BYTES, version: 2 }), await signed(1, 4, { kind: 'tombstone' })]
const other = await signed(2, 1, { bytes: BYTES })
const { owner } = first.arrival.record

async function holding (disk: FragileDisk): Promise<HeldStashes> {
  const held = over(disk)
  await held.start()
  expect(await store(held, first.arrival, first.body)).toStrictEqual({ type: 'stored' })

  return held
}

/** Bytes that the disk has more of than are taken. */
function leave (disk: FragileDisk, room: number): void {
  disk.room = disk.names.reduce((sum, name) => sum + disk.bytesOf(name).byteLength, 0) + room
}

async function seqOf (held: HeldStashes): Promise<number | undefined> {
  return (await held.read(owner))?.stash.record.seq
}

describe('held stashes in a folder, on a full disk', () => {
  it('lose nothing that was acknowledged, at whichever byte of a stash of 2 KiB the disk is full', async () => {
    const sizes = new Set<string>()

    for (let room = 0; room <= BYTES + 3_000; room += 1) {
      const disk = new FragileDisk()
      const held = await holding(disk)
      leave(disk, room)
      const stored = await store(held, second.arrival, second.body).then(() => true, err => {
        expect(err).toMatchObject({ name: 'HeldStoreError', isNotKept: true })

        return false
      })
      expect(await seqOf(held)).toBe(stored ? 2 : 1)
      sizes.add(`${stored}`)

      if (room % 16 === 0) {
        // what is acknowledged after the disk was full is there after the next start, in good order or not
        leave(disk, 100_000)
        expect(await store(held, third.arrival, third.body)).toStrictEqual({ type: 'stored' })
        expect(await store(held, other.arrival, other.body)).toStrictEqual({ type: 'stored' })
        expect(await store(held, end.arrival, end.body)).toStrictEqual({ type: 'stored' })
        const after = (await restarted(disk, room % 32 === 0 ? lucky : unlucky)).held
        expect([after.count, after.tombstone(owner)?.record.seq]).toStrictEqual([1, 4])
      }
    }

    expect([...sizes]).toStrictEqual(['false', 'true'])
  }, 60_000)

  it('lose nothing by a power cut after any byte of a stash of 2 KiB', async () => {
    const begun = new FragileDisk()
    await holding(begun)
    const write = begun.operations.length + 2

    for (let byte = 0; byte <= BYTES; byte++) {
      const disk = new FragileDisk([{ at: write, happens: byte, outcome: 'crash' }])
      const held = await holding(disk)
      await expect(store(held, second.arrival, second.body)).rejects.toMatchObject({ name: 'HeldStoreError' })
      const after = await restarted(disk, byte % 2 === 0 ? lucky : unlucky)
      expect(await seqOf(after.held)).toBe(1)
      expect(stashFiles(after.disk)).toHaveLength(1)
    }
  }, 60_000)

  it('take whatever a system writes at a time', async () => {
    const disk = new FragileDisk(Array.from({ length: 100 }, (_, at) => ({ at, happens: 100, outcome: 'short' as const })))
    expect(await seqOf(await holding(disk))).toBe(1)
    expect(await seqOf((await restarted(disk)).held)).toBe(1)
  })

  it('refuse a placement that cannot be kept, and go by the one before', async () => {
    const disk = new FragileDisk()
    const held = await holding(disk)
    leave(disk, 100)

    await expect(held.admit(placed.arrival)).rejects.toMatchObject({ name: 'HeldStoreError', isNotKept: true })
    expect(held.get(owner)?.placement.version).toBe(1)
    leave(disk, 10_000)
    expect(await held.admit(placed.arrival)).toStrictEqual({ type: 'have' })
    expect((await restarted(disk)).held.get(owner)?.placement.version).toBe(2)
  })

  it('end a copy although there is no room for its tombstone: the copy makes it', async () => {
    const disk = new FragileDisk()
    const held = await holding(disk)
    const forgotten: string[] = []
    held.addEventListener('stash:forgotten', ({ detail }) => { forgotten.push(detail.owner) })
    leave(disk, 0)

    expect(await store(held, end.arrival, end.body)).toStrictEqual({ type: 'stored' })
    expect(forgotten).toStrictEqual([owner])
    const after = await restarted(disk)
    expect([after.held.count, after.held.tombstone(owner)?.record.seq]).toStrictEqual([0, 4])
    expect(await store(after.held, first.arrival, first.body)).toMatchObject({ type: 'stale' })
  })

  it('end it also if somebody else takes that room, and keep the tombstone when it is brought again', async () => {
    const disk = new FragileDisk()
    const held = await holding(disk)
    disk.room = 0

    await expect(store(held, end.arrival, end.body)).rejects.toMatchObject({ name: 'HeldStoreError', isNotKept: true })
    expect([held.count, await held.read(owner)]).toStrictEqual([0, undefined])
    expect(await store(held, first.arrival, first.body)).toMatchObject({ type: 'stale' })
    expect(stashFiles(disk)).toStrictEqual([])
    leave(disk, 10_000)
    expect(await store(held, end.arrival, end.body)).toStrictEqual({ type: 'stored' })
    expect((await restarted(disk)).held.tombstone(owner)?.record.seq).toBe(4)
  })

  it('refuse what would take what is to stay free, before its body is sent, but no update of the same size', async () => {
    const disk = new FragileDisk()
    const held = over(disk, [], { keepFree: 5_000 })
    await held.start()
    disk.room = 100_000
    expect(await store(held, first.arrival, first.body)).toStrictEqual({ type: 'stored' })
    leave(disk, 10_000)

    expect(held.accepting).toBe(true)
    expect(await held.admit(other.arrival)).toStrictEqual({ type: 'refused', reason: 'over quota', retryAfter: 300_000 })
    expect(held.accepting).toBe(false)
    expect(await store(held, second.arrival, second.body)).toStrictEqual({ type: 'stored' })
    leave(disk, 50_000)
    expect(await store(held, other.arrival, other.body)).toStrictEqual({ type: 'stored' })
    expect(held.accepting).toBe(true)
  })

  it('say so where too little was free from the start, and once there is room again', async () => {
    const disk = new FragileDisk()
    disk.room = 4_000
    const held = over(disk, [], { keepFree: 5_000 })
    const told: boolean[] = []
    held.addEventListener('held:disk', ({ detail }) => { told.push(detail.full) })
    await held.start()
    expect([held.diskFull, held.accepting, told]).toStrictEqual([true, false, [true]])

    expect(await held.admit(first.arrival)).toMatchObject({ type: 'refused', reason: 'over quota' })
    expect(told).toStrictEqual([true])
    leave(disk, 50_000)
    expect(await store(held, first.arrival, first.body)).toStrictEqual({ type: 'stored' })
    expect([held.diskFull, held.accepting, told]).toStrictEqual([false, true, [true, false]])
  })

  it('count what a copy takes on the disk, not only its body', async () => {
    const held = over(new FragileDisk(), [], { bytes: 50_000 })
    await held.start()

    // 4 KiB and 16 KiB each
    expect(await store(held, first.arrival, first.body)).toStrictEqual({ type: 'stored' })
    expect(await store(held, other.arrival, other.body)).toStrictEqual({ type: 'stored' })
    expect(held.accepting).toBe(false)
    expect(await held.admit((await signed(3, 1, { bytes: BYTES })).arrival)).toMatchObject({ type: 'refused', reason: 'over quota' })
  })
})
