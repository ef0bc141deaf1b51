import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { store } from '../arrivals.ts'
import { signed } from '../signed.ts'
import { inFolder } from './in-folder.ts'
import type { HeldStashes } from '../../../src/held/held-stashes.ts'
import type { Signed } from '../signed.ts'

const BYTES = 200_000
const canMount = process.platform === 'linux' && process.getuid?.() === 0

if (!canMount) {
  process.stderr.write('small-disk.test.ts is skipped: only root on Linux can mount a small file system\n')
}

/** A file system of its own, and how to make it larger. */
async function smallDisk (mebibytes: number): Promise<{ path: string, grow (mebibytes: number): void }> {
  const path = await mkdtemp(join(tmpdir(), 'held-small-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path])
  onTestFinished(async () => {
    execFileSync('umount', [path])
    await rm(path, { recursive: true })
  })

  return { path, grow: mebibytes => { execFileSync('mount', ['-o', `remount,size=${mebibytes}m`, path]) } }
}

/** Stores versions of one owner after the other until one does not fit, and says how that was told. */
async function fill (held: HeldStashes, seq: number): Promise<{ stored: Signed[], told: unknown }> {
  const stored: Signed[] = []

  for (let owner = 1; ; owner++) {
    const wanted = await signed(owner, seq, { bytes: BYTES })
    const told = await store(held, wanted.arrival, wanted.body).catch((err: unknown) => err)

    if ((told as { type?: string }).type !== 'stored') {
      return { stored, told }
    }

    stored.push(wanted)
  }
}

describe.runIf(canMount).each([1, 3, 5])('held stashes on a real disk of %i MiB', mebibytes => {
  it('are all there, and what was deleted stays gone, after the disk was full, was made larger and was written to', async () => {
    const disk = await smallDisk(mebibytes)
    const path = join(disk.path, 'held')
    const kept: Signed[] = []
    const gone = await signed(1, 9, { kind: 'tombstone' })

    await inFolder(path, async ({ held }) => {
      const { stored, told } = await fill(held, 1)
      expect(told).toMatchObject({ type: 'refused', reason: 'over quota' })
      expect(stored.length).toBeGreaterThanOrEqual(mebibytes * 4)

      // somebody else takes what is left, and an update needs room beside what it replaces
      await writeFile(join(disk.path, 'other'), new Uint8Array(mebibytes * 1_048_576)).catch(() => {})
      const update = await signed(2, 2, { bytes: BYTES })
      await expect(store(held, update.arrival, update.body)).rejects.toMatchObject({ name: 'HeldStoreError', isNotKept: true })
      expect((await held.read(update.arrival.record.owner))?.body).toStrictEqual(stored[1]?.body)

      disk.grow(mebibytes + 5)

      for (let owner = 2; owner < 10; owner++) {
        const next = await signed(owner, 3, { bytes: BYTES })
        expect(await store(held, next.arrival, next.body)).toStrictEqual({ type: 'stored' })
        kept.push(next)
      }

      expect(await store(held, gone.arrival, gone.body)).toStrictEqual({ type: 'stored' })
    })

    await inFolder(path, async ({ held, damaged }) => {
      expect(damaged).toStrictEqual([])

      for (const { arrival, body } of kept) {
        expect((await held.read(arrival.record.owner))?.body).toStrictEqual(body)
      }

      expect([held.get(gone.arrival.record.owner), held.tombstone(gone.arrival.record.owner)?.record.seq]).toStrictEqual([undefined, 9])
    })
  })

  it('are ended by a tombstone although not a byte is free', async () => {
    const disk = await smallDisk(mebibytes)
    const path = join(disk.path, 'held')
    const [first, end] = [await signed(1, 1), await signed(1, 2, { kind: 'tombstone' })]
    const { owner } = first.arrival.record

    await inFolder(path, async ({ held }) => {
      await store(held, first.arrival, first.body)
      await writeFile(join(disk.path, 'other'), new Uint8Array((mebibytes + 1) * 1_048_576)).catch(() => {})
      expect(await store(held, end.arrival, end.body)).toStrictEqual({ type: 'stored' })
    })
    await inFolder(path, async ({ held }) => {
      expect([held.count, held.tombstone(owner)?.record.seq]).toStrictEqual([0, 2])
    })
  })
})
