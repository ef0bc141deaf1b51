import { describe, expect, it } from 'vitest'
import { kept, World } from './world.ts'
import type { Nara } from './world.ts'
import type { Merge, WriteResult } from '../../src/api.ts'

const joined: Merge = (recovered, pending) =>
  new TextEncoder().encode(`${new TextDecoder().decode(recovered)}, ${new TextDecoder().decode(pending)}`)

/** An owner whose process is a new one, before anybody was met. */
async function searching (world: World, merge?: Merge): Promise<Nara> {
  const { owner } = await world.owned(3, merge == null ? {} : { merge })
  await kept(world, owner, 'one')
  owner.kill()

  return await owner.restart()
}

describe('a write before recovery', () => {
  it('waits, and nothing is lost on either side', async () => {
    const world = new World()
    const owner = await searching(world)
    const write = expect(owner.put('two')).rejects.toMatchObject({ name: 'RecoveredFirstError' })
    await world.run(60_000)
    expect(owner.stash.status()).toMatchObject({ stash: null, pending: 3 })
    world.net.connectAll()
    await world.settled(owner)
    await world.of(write)

    expect(owner.text).toBe('one')
    expect(owner.aside).toEqual(['two'])
    expect(owner.events('stash:set-aside')).toHaveLength(1)
    expect(owner.stash.status()).toMatchObject({ pending: null, stash: { seq: '1' } })
    // having been told, the application decides
    expect(await world.of(owner.put('one and two'))).toMatchObject({ outcome: 'kept', seq: '2' })
  })

  it('is merged with what comes back', async () => {
    const world = new World()
    const owner = await searching(world, joined)
    const writes = [owner.put('two'), owner.put('three')]
    world.net.connectAll()
    await world.settled(owner)
    const results = await world.of(Promise.all(writes))

    expect(results.map(({ outcome }) => outcome)).toEqual(['kept', 'kept'])
    expect(owner.text).toBe('one, two, three')
    await world.until(() => owner.stash.status().copies.have === 3)
  })

  it.each<[string, Merge | undefined, string]>([
    ['a merge function that fails', () => { throw new RangeError('too far apart') }, 'too far apart'],
    ['a merge function that fails and does not say why', () => { throw new RangeError() }, 'RangeError'],
    ['no merge function', undefined, 'a stash was recovered before this write: read it, then write again']
  ])('that was answered before, since it waited for too long, is set aside with the reason: %s', async (_, merge, why) => {
    const world = new World()
    const owner = await searching(world, merge)
    expect(await world.of(owner.put('two', { timeout: 1_000 }))).toMatchObject({ outcome: 'unstored' })
    world.net.connectAll()
    await world.settled(owner)
    await world.until(() => owner.aside.length === 1)

    expect(owner.events('stash:set-aside')).toMatchObject([{ detail: { bytes: 3, why } }])
  })

  it('is set aside and rejected with what the merge function throws', async () => {
    const world = new World()
    const owner = await searching(world, () => { throw new RangeError('cannot') })
    const write = expect(owner.put('two')).rejects.toThrow(RangeError)
    world.net.connectAll()
    await world.of(write)
    expect(owner.aside).toEqual(['two'])
    expect(owner.text).toBe('one')
  })

  it.each([
    ['nothing', () => undefined, 'TypeError'],
    ['a string', () => 'one, two', 'TypeError'],
    ['more than maxStash', () => new Uint8Array(1024 * 1024 + 1), 'TooLargeError']
  ])('is set aside and rejected if the merge function returns %s', async (_, merge, name) => {
    const world = new World()
    const owner = await searching(world, merge as unknown as Merge)
    const write = expect(owner.put('two')).rejects.toMatchObject({ name })
    world.net.connectAll()
    await world.of(write)
    expect(owner.aside).toEqual(['two'])
    expect(owner.text).toBe('one')
    expect(owner.stash.status()).toMatchObject({ state: 'settled', stash: { seq: '1' } })
  })

  it('is answered when its time is over, goes on waiting, and is not lost', async () => {
    const world = new World()
    const owner = await searching(world)
    const started = world.clock.now()
    const result = await world.of(owner.put('two', { timeout: 5_000 }))

    expect(world.clock.now() - started).toBe(5_000)
    expect(result).toEqual({ outcome: 'unstored', copies: 0, minimum: 2, target: 3, failures: [] })
    expect(owner.stash.status().pending).toBe(3)
    world.net.connectAll()
    await world.settled(owner)
    await world.run(1_000)
    expect(owner.aside).toEqual(['two'])
  })

  it('is taken back when it is aborted', async () => {
    const world = new World()
    const owner = await searching(world)
    const controller = new AbortController()
    const write = expect(owner.put('two', { signal: controller.signal })).rejects.toThrow('no more')
    const other = expect(owner.put('three')).rejects.toMatchObject({ name: 'RecoveredFirstError' })
    await world.run(1_000)
    controller.abort(new Error('no more'))
    await world.of(write)
    expect(owner.stash.status().pending).toBe(5)
    world.net.connectAll()
    await world.of(other)
    expect(owner.aside).toEqual(['three'])
  })

  it('goes through when there is nothing', async () => {
    const world = new World()
    const owner = await world.nara()
    await world.confidants(3)
    const writes = [owner.put('one'), owner.put('two')]
    world.net.connectAll()
    const results = await world.of(Promise.all(writes))

    expect(results).toMatchObject([{ outcome: 'kept', seq: '1', coalesced: true }, { outcome: 'kept', seq: '1' }])
    expect(owner.text).toBe('two')
  })
})

describe('a stash that turns up after "empty"', () => {
  async function foundLate (world: World, merge?: Merge): Promise<Nara> {
    const { owner, confidants } = await world.owned(3, merge == null ? {} : { merge })
    await kept(world, owner, 'one')
    owner.kill()
    await owner.restart()
    const stranger = await world.nara({ fresh: true })
    world.net.connect(owner.id, stranger.id)
    expect(await world.settled(owner)).toBe('empty')
    confidants.forEach(({ id }) => { world.net.connect(owner.id, id) })

    return owner
  }

  it('is not written over by who was told that there is nothing', async () => {
    const world = new World()
    const owner = await foundLate(world)
    await world.until(() => owner.state === 'settled')
    await expect(world.of(owner.put('two'))).rejects.toMatchObject({ name: 'RecoveredFirstError' })
    expect(owner.text).toBe('one')
    expect(owner.aside).toEqual(['two'])
  })

  it('is not written over while it is on its way', async () => {
    const world = new World()
    const owner = await foundLate(world)
    await world.until(() => owner.state === 'recovering')
    await expect(world.of(owner.put('two'))).rejects.toMatchObject({ name: 'RecoveredFirstError' })
    expect(owner.text).toBe('one')
  })

  it('may be written over once it was read', async () => {
    const world = new World()
    const owner = await foundLate(world)
    await world.until(() => owner.state === 'settled')
    owner.stash.getStashData()
    expect(await world.of(owner.put('two'))).toMatchObject({ outcome: 'kept', seq: '2' })
  })

  it('is merged with what was written before', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3, { merge: joined })
    await kept(world, owner, 'one')
    owner.kill()
    await owner.restart()
    const stranger = await world.nara({ fresh: true })
    world.net.connect(owner.id, stranger.id)
    await world.settled(owner)
    await world.of(owner.put('two', { timeout: 1_000 }))
    confidants.forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.until(() => owner.text === 'one, two' && owner.stash.status().copies.have === 3)
    expect(owner.state).toBe('settled')
  })

  it('is found by an owner that believed its soul to be fresh', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    await kept(world, owner, 'one')
    owner.kill()
    await owner.restart({ fresh: true })
    expect(owner.state).toBe('empty')
    world.net.connectAll()
    await world.until(() => owner.state === 'settled')
    await expect(world.of(owner.put('two'))).rejects.toMatchObject({ name: 'RecoveredFirstError' })
    expect(owner.text).toBe('one')
  })
})

describe('a merge function', () => {
  it('that writes itself is told so, and nothing waits for ever', async () => {
    const world = new World()
    const outcomes: unknown[] = []
    const owner: Nara = await searching(world, async (recovered, pending) => {
      await owner.stash.setStashData(pending).catch((err: Error) => { outcomes.push(err.name) })
      await Promise.resolve()
      await owner.stash.storeWith(owner.stash.confidants[0] ?? '', pending).catch((err: Error) => { outcomes.push(err.name) })

      return await joined(recovered, pending)
    })
    const write = owner.put('two')
    world.net.connectAll()

    expect((await world.of(write)).outcome).toBe('kept')
    expect(outcomes).toEqual(['InsideMergeError', 'InsideMergeError'])
    expect(owner.text).toBe('one, two')
    // and afterwards nobody is taken for one
    expect((await world.of(owner.put('three'))).outcome).toBe('kept')
  })
})

describe('a write that waits for copies which nobody can give', () => {
  it('does not hold up the one that follows, and is as well kept as that', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    const stop = world.net.intercept((_from, _to, request, next) => request.type === 'store' ? undefined : next())
    const two = owner.put('two', { timeout: 3_600_000 })
    const three = owner.put('three', { timeout: 3_600_000 })
    await world.until(() => owner.text === 'three', 5_000)
    stop()
    expect(await world.of(three)).toMatchObject({ outcome: 'kept', seq: '3' })
    expect(await world.of(two)).toMatchObject({ outcome: 'kept', seq: '2' })
    expect(new Set(confidants.map(peer => peer.holds(owner))).size).toBe(1)
  })
})

describe('sealing', () => {
  it('is serial: versions have the order in which the writes were made, and each builds on the one before', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    const writes: Array<Promise<WriteResult>> = []

    for (let i = 0; i < 20; i++) {
      writes.push(owner.put(`${i}`))
      await world.run(i)
    }

    const seqs = (await world.of(Promise.all(writes))).map(({ seq }) => Number(seq))

    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b))
    expect(new Set(seqs).size).toBeGreaterThan(5)
    expect(owner.text).toBe('19')
  })

  it('lets a write and a merge that is being made wait for each other', async () => {
    const world = new World()
    let release = (): void => {}
    const merge: Merge = async (recovered, pending) => {
      await new Promise<void>(resolve => { release = resolve })

      return await joined(recovered, pending)
    }
    const owner = await searching(world, merge)
    const [first, second] = [owner.put('two'), owner.put('three')]
    world.net.connectAll()
    await world.settled(owner)
    await world.run(1_000)
    // cleared in the middle of a merge: what it makes is of a stash that is forgotten
    owner.stash.clearMyStash()
    release()
    await world.run(1_000)
    release()
    await world.run(1_000)
    release()
    await world.of(Promise.all([first, second]))
    expect(owner.text).toBe('one, two, three')
  })
})

it.each(['text', { a: 1 }, [1, 2], undefined, null, 7, new ArrayBuffer(3)])('a write of what is not bytes is refused, never taken for an empty one: %j', async (value: unknown) => {
  const data = value as Uint8Array
  const world = new World()
  const { owner, confidants: [peer] } = await world.owned(3)
  await kept(world, owner, 'one')

  await expect(world.of(owner.stash.setStashData(data))).rejects.toThrow(/must be a Uint8Array/)
  await expect(world.of(owner.stash.storeWith(peer?.id ?? '', data))).rejects.toThrow(/must be a Uint8Array/)
  expect(owner.text).toBe('one')
})
