import { MemoryDatastore } from 'datastore-core'
import { describe, expect, it } from 'vitest'
import { holdersAmong, World } from './world.ts'
import type { Nara, NaraInit } from './world.ts'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** Years that a clock may be wrong by, in days. */
const TEN_YEARS = 3_653
const IN_1970 = -20_000

interface Scene {
  world: World
  owner: Nara
  holders: Nara[]
  disks: Map<Nara, MemoryDatastore>
}

/** An owner and its holders, each with a disk, that say nothing in presence: months pass faster. */
async function scene (count = 3, init: NaraInit = {}): Promise<Scene> {
  const world = new World()
  const owner = await world.nara({ fresh: true, gossip: false, ...init })
  const disks = new Map<Nara, MemoryDatastore>()
  const holders: Nara[] = []

  for (let i = 0; i < count; i++) {
    const datastore = new MemoryDatastore()
    const nara = await world.nara({ owns: false, gossip: false, datastore })
    disks.set(nara, datastore)
    holders.push(nara)
  }

  world.net.connectAll()
  expect(await world.of(owner.put('one', { timeout: 10_000 }))).toMatchObject({ outcome: 'kept' })
  await world.run(10_000)

  return { world, owner, holders: holdersAmong(holders, owner), disks }
}

/** One of three holders is off for 60 days, and its owner forgets the stash meanwhile and ends. */
async function forgottenWithoutOne (): Promise<Scene & { away: Nara, others: Nara[] }> {
  const it = await scene()
  const [away, ...others] = it.holders as [Nara, Nara, Nara]
  away.kill()
  await it.world.run(day)
  expect(await it.world.of(it.owner.stash.forgetStash({ timeout: 10_000 }))).toMatchObject({ outcome: 'forgotten' })
  it.owner.kill()
  await it.world.run(59 * day)

  return { ...it, away, others }
}

/** The owner in a new process that knows nothing but its soul. */
async function back ({ world, owner }: Pick<Scene, 'world' | 'owner'>): Promise<string> {
  await owner.restart()
  world.net.connectAll()

  return await world.settled(owner)
}

const mark = (holder: Nara, owner: Nara): boolean | undefined => holder.process.parts.held.get(owner.id)?.mayBeDeleted

describe('a stash that was forgotten while one of its holders was off for 60 days', () => {
  it('stays so as long as those who took the tombstone are there', async () => {
    const it = await forgottenWithoutOne()
    await it.away.restart()

    expect(await back(it)).toBe('empty')
    expect(it.owner.stash.status()).toMatchObject({ deleted: { seq: '2' }, stash: null })
    await it.world.run(minute)
    expect(it.away.holds(it.owner)).toBeUndefined()
  })

  it.each([1, 10, 43])('stays so after a restart of theirs, %i days after', async days => {
    const it = await scene()
    const [away, ...others] = it.holders as [Nara, Nara, Nara]
    away.kill()
    await it.world.of(it.owner.stash.forgetStash({ timeout: 10_000 }))
    it.owner.kill()
    await it.world.run(days * day)
    others.forEach(nara => { nara.kill() })
    // they were off as well, in which time no tombstone runs out
    await it.world.run(100 * day)
    await Promise.all(it.holders.map(async nara => await nara.restart()))

    expect(await back(it)).toBe('empty')
    expect(it.owner.stash.status()).toMatchObject({ deleted: { seq: '2' } })
  })

  it('is told as perhaps deleted if all who would know are gone, be it found in the search or after it', async () => {
    for (const isLate of [false, true]) {
      const it = await forgottenWithoutOne()
      const { world, owner, away } = it
      // of these nothing is left, nor of what they knew
      it.others.forEach(nara => { nara.kill() })
      const stranger = await world.nara({ owns: false, gossip: false })

      if (isLate) {
        expect(await back(it)).toBe('empty')
        await away.restart()
        world.net.connectAll()
        await world.until(() => owner.state === 'settled')
      } else {
        await away.restart()
        expect(await back(it)).toBe('settled')
      }

      expect(stranger.up).toBe(true)
      expect(owner.stash.getStashData()).toMatchObject({ mayBeDeleted: true })
      expect(owner.stash.status()).toMatchObject({ recovery: { confirmed: false, mayBeDeleted: true } })
      expect(owner.events('stash:recovered').at(-1)).toMatchObject({ detail: { confirmed: false, mayBeDeleted: true } })

      // whoever writes knows better
      expect(await world.of(owner.put('two', { timeout: 10_000 }))).toMatchObject({ outcome: 'kept' })
      expect(owner.stash.getStashData()).not.toHaveProperty('mayBeDeleted')
      expect(owner.stash.status().recovery.mayBeDeleted).toBe(false)
      await world.run(minute)
      expect(mark(away, owner)).toBe(false)
    }
  })

  it('is forgotten again by whoever is told so, and ends where it was left', async () => {
    const it = await forgottenWithoutOne()
    it.others.forEach(nara => { nara.kill() })
    await it.away.restart()
    await back(it)
    await it.world.of(it.owner.stash.forgetStash({ timeout: 10_000 }))

    expect(it.away.holds(it.owner)).toBeUndefined()
  })
})

describe('a copy that may have been deleted', () => {
  it('is current as ever where a holder that was there shows it, too, and that takes its mark away', async () => {
    const { world, owner, holders: [a, b, c] } = await scene() as Scene & { holders: [Nara, Nara, Nara] }
    a.kill()
    owner.kill()
    await world.run(minute)
    // or its clock says so
    await a.restart({ wallSkew: 15 * day })
    expect(mark(a, owner)).toBe(true)
    world.net.connectAll()
    await world.run(3 * minute)
    expect([a, b, c].map(nara => mark(nara, owner))).toEqual([false, false, false])

    expect(await back({ world, owner })).toBe('settled')
    expect(owner.stash.getStashData()).not.toHaveProperty('mayBeDeleted')
  })

  it('is not told as such where so many agree that no deletion escaped them: a house that was empty for three weeks', async () => {
    const { world, owner, holders } = await scene()
    owner.kill()
    holders.forEach(nara => { nara.kill() })
    await world.run(21 * day)
    await Promise.all(holders.map(async nara => await nara.restart()))
    world.net.connectAll()
    await world.run(3 * minute)
    // none can vouch for another
    expect(holders.map(nara => mark(nara, owner))).toEqual([true, true, true])

    expect(await back({ world, owner })).toBe('settled')
    expect(owner.stash.status().recovery).toMatchObject({ confirmed: true, mayBeDeleted: false })
    await world.run(minute)
    expect(holders.map(nara => mark(nara, owner))).toEqual([false, false, false])
  })

  it('is told as such by a single confidant, though it confirms: nobody else was ever asked', async () => {
    const { world, owner, holders: [only] } = await scene(1, { target: 1 }) as Scene & { holders: [Nara] }
    owner.kill()
    only.kill()
    await world.run(15 * day)
    await only.restart()

    expect(await back({ world, owner })).toBe('settled')
    expect(owner.stash.getStashData()).toMatchObject({ mayBeDeleted: true })

    // what its owner has is unmarked by then. A drill tells what it is shown
    expect(await world.of(owner.stash.drill())).toMatchObject({ seq: '1', mayBeDeleted: false })
    world.net.intercept(async (_from, _to, _request, next) => {
      const answer = await next()

      return answer?.type === 'found' ? { ...answer, mayBeDeleted: true } : answer
    })
    expect(await world.of(owner.stash.drill())).toMatchObject({ seq: '1', mayBeDeleted: true })
  })

  it('is not repaired, nor handed on by a holder that leaves, but served and counted', async () => {
    const { world, owner, holders: [a, b, c] } = await scene() as Scene & { holders: [Nara, Nara, Nara] }
    owner.kill()
    ;[a, b, c].forEach(nara => { nara.kill() })
    await world.run(15 * day)
    await a.restart()
    await b.restart()
    const others = await world.confidants(3, { gossip: false })
    world.net.connectAll()
    await world.run(hour)
    expect(others.map(nara => nara.holds(owner))).toEqual([undefined, undefined, undefined])
    await world.of(b.stop())
    expect(others.map(nara => nara.holds(owner))).toEqual([undefined, undefined, undefined])

    await back({ world, owner })
    expect(owner.text).toBe('one')
    await world.until(() => owner.stash.status().copies.have === 3)
  })
})

describe('a clock that is wrong', () => {
  const skews = [['11 days ahead', 11], ['15 days ahead', 15], ['30 days ahead', 30], ['ten years ahead', TEN_YEARS], ['in 1970', IN_1970], ['two years behind', -730]] as const
  const all = skews.flatMap(([what, days]) => (['one holder', 'all holders', 'the owner'] as const).flatMap(where =>
    (['at a start', 'while it runs'] as const).map(when => [what, where, when, days] as const)))

  it.each(all)('%s at %s, %s, and back again, loses nothing', async (_, where, when, days) => {
    const it = await scene()
    const { world, owner, holders } = it
    const wrong = where === 'the owner' ? [owner] : where === 'one holder' ? holders.slice(0, 1) : holders
    await world.run(hour)

    for (const skew of [days * day, 0]) {
      if (when === 'while it runs') {
        wrong.forEach(nara => { nara.process.port.clock.wallSkew = skew })
        await world.run(hour)
      }

      ;[owner, ...holders].forEach(nara => { nara.kill() })
      await world.run(minute)
      await Promise.all(holders.map(async nara => await nara.restart({ wallSkew: wrong.includes(nara) ? skew : 0 })))
      await owner.restart({ wallSkew: wrong.includes(owner) ? skew : 0 })

      // it is only a mark, and only where the clock went ahead by more than 14 days while it was off, or showed a date before the last one
      if (when === 'at a start') {
        const marked = skew === 0 ? days !== IN_1970 : days > 14 || days === -730
        expect(holders.map(nara => mark(nara, owner))).toEqual(holders.map(nara => wrong.includes(nara) && marked))
      }

      world.net.connectAll()
      expect(await world.settled(owner)).toBe('settled')
      expect(owner.text).toBe('one')
      expect(owner.stash.status().recovery).toMatchObject({ confirmed: true, mayBeDeleted: false })
      expect(holdersAmong(holders, owner)).toHaveLength(3)
      await world.run(hour)
      expect(holders.map(nara => mark(nara, owner))).toEqual([false, false, false])
    }
  })
})
