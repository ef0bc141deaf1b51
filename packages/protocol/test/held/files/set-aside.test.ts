import { beforeEach, describe, expect, it } from 'vitest'
import { store } from '../arrivals.ts'
import { signed } from '../signed.ts'
import { FragileDisk } from './fragile-disk.ts'
import { over, stashFiles } from './over-files.ts'

/** What one stash takes of what is given to others, and its file of the disk. */
const ROOM = 57_344
const bytes = 40_000

const [one, two, three, four] = [await signed(1, 1, { bytes }), await signed(2, 1, { bytes }), await signed(3, 1, { bytes }), await signed(4, 1, { bytes })]
const small = await signed(6, 1, { bytes: 100 })

let disk: FragileDisk

function setAside (): string[] {
  return disk.names.filter(name => name.endsWith('.damaged')).map(name => name.split('.')[0] as string)
}

/** So many bytes are free. Below 0: so much more is taken than may be. */
function leave (room: number): void {
  disk.room = disk.names.reduce((sum, name) => sum + disk.bytesOf(name).byteLength, 0) + room
}

/** Two copies, of which the first and perhaps the second is cut short before the next start. */
async function damaged (count: number): Promise<string[]> {
  const held = over(disk)
  await held.start()

  for (const { arrival, body } of [one, two]) {
    expect(await store(held, arrival, body)).toStrictEqual({ type: 'stored' })
  }

  await held.stop()
  const owners = [one, two].slice(0, count).map(({ arrival }) => arrival.record.owner)

  for (const name of stashFiles(disk).filter(name => owners.includes(name.split('.')[0] as string))) {
    disk.plant(name, disk.bytesOf(name).slice(0, -1))
  }

  return owners
}

beforeEach(() => { disk = new FragileDisk() })

describe('files that were set aside', () => {
  it('take room that no copy needs, and go, one after the other, once one does', async () => {
    const owners = await damaged(2)
    const held = over(disk, [], { bytes: 3 * ROOM })
    await held.start()
    expect(setAside().sort()).toStrictEqual(owners.sort())

    expect(await store(held, three.arrival, three.body)).toStrictEqual({ type: 'stored' })
    expect(setAside()).toHaveLength(2)
    expect(await store(held, four.arrival, four.body)).toStrictEqual({ type: 'stored' })
    expect(setAside()).toHaveLength(1)
    expect(await store(held, one.arrival, one.body)).toStrictEqual({ type: 'stored' })
    expect(setAside()).toStrictEqual([])
    expect(held.count).toBe(3)
  })

  it('go at a start that gives less to others', async () => {
    await damaged(1)
    const held = over(disk, [], { bytes: ROOM })
    await held.start()

    expect([held.count, setAside()]).toStrictEqual([1, []])
  })

  it('make room on a disk that is full', async () => {
    const [owner] = await damaged(1)
    const held = over(disk)
    await held.start()
    leave(ROOM - bytes)
    expect(setAside()).toStrictEqual([owner])

    expect(await store(held, three.arrival, three.body)).toStrictEqual({ type: 'stored' })
    expect(setAside()).toStrictEqual([])
  })

  it('make no more room on a full disk than is needed, and none where all of them are not enough', async () => {
    const owners = await damaged(2)
    const held = over(disk)
    await held.start()
    leave(-ROOM)
    expect(await held.admit(three.arrival)).toMatchObject({ type: 'refused', reason: 'over quota' })
    expect(setAside().sort()).toStrictEqual(owners.toSorted())

    leave(0)
    expect(await held.admit(small.arrival)).toMatchObject({ type: 'admitted' })
    expect(setAside()).toHaveLength(1)
  })

  it('do not make a disk too full that would have room without them', async () => {
    await damaged(1)
    const held = over(disk)
    leave(0)
    await held.start()
    expect([held.diskFull, setAside().length]).toStrictEqual([false, 1])

    const tombstone = await signed(5, 1, { kind: 'tombstone' })
    expect(await store(held, tombstone.arrival, tombstone.body)).toStrictEqual({ type: 'stored' })
    expect([held.diskFull, setAside()]).toStrictEqual([false, []])
  })

  it('are there once a stop is done that came while they were', async () => {
    const held = over(disk)
    await held.start()
    await store(held, one.arrival, one.body)
    const [name = ''] = stashFiles(disk)
    disk.plant(name, disk.bytesOf(name).slice(0, -1))
    const { rename } = disk.fs
    const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    disk.fs.rename = async (from, to) => {
      if (to.endsWith('.damaged')) {
        begun.resolve()
        await goOn.promise
      }

      await rename(from, to)
    }

    const reading = held.read(one.arrival.record.owner)
    await begun.promise
    let hasStopped = false
    const stopping = held.stop().then(() => { hasStopped = true })
    await new Promise(resolve => { setTimeout(resolve, 50) })
    expect(hasStopped).toBe(false)
    goOn.resolve()
    await stopping
    expect(setAside()).toStrictEqual([one.arrival.record.owner])
    expect(await reading).toBeUndefined()
  })

  it('are tried again if the disk does not let them go, and cost no copy', async () => {
    const [owner] = await damaged(1)
    const held = over(disk, [], { bytes: 2 * ROOM })
    await held.start()
    const unlink = disk.fs.unlink
    disk.fs.unlink = async path => {
      if (path.endsWith('.damaged')) {
        throw Object.assign(new Error('EIO'), { code: 'EIO' })
      }

      await unlink(path)
    }

    expect(await store(held, three.arrival, three.body)).toStrictEqual({ type: 'stored' })
    expect([held.count, setAside()]).toStrictEqual([2, [owner]])
    leave(0)
    expect(await held.admit(four.arrival)).toMatchObject({ type: 'refused', reason: 'over quota' })
    disk.room = Infinity
    disk.fs.unlink = unlink
    const next = await signed(3, 2, { bytes })
    expect(await store(held, next.arrival, next.body)).toStrictEqual({ type: 'stored' })
    expect(setAside()).toStrictEqual([])
  })
})
