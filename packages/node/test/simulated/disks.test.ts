import { MemoryDatastore } from 'datastore-core'
import { expect, it } from 'vitest'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

const minute = 60_000

/** An owner whose stash three keep in RAM, and so many more who come later, with disks. */
async function withDisks (count: number): Promise<{ world: World, owner: Nara, ram: Nara[], disks: Nara[] }> {
  const world = new World()
  const { owner, confidants: ram } = await world.owned(3)
  await kept(world, owner, 'one')
  const disks: Nara[] = []

  for (let i = 0; i < count; i++) {
    disks.push(await world.nara({ fresh: true, datastore: new MemoryDatastore() }))
  }

  world.net.connectAll()
  await world.run(10 * minute)

  return { world, owner, ram, disks }
}

it('a stash whose holders are all in RAM moves to disks, as far as it takes to be safe, and to one where there is one', async () => {
  for (const count of [0, 1, 2, 4]) {
    const { owner, ram, disks } = await withDisks(count)

    expect(holdersAmong(disks, owner)).toHaveLength(Math.min(count, 2))
    expect(holdersAmong(ram, owner)).toHaveLength(3 - Math.min(count, 2))
    expect(owner.stash.status().confidants.map(({ keeps = '' }) => keeps).toSorted((a, b) => a.localeCompare(b))).toStrictEqual([
      ...Array<string>(3 - Math.min(count, 2)).fill('in memory'), ...Array<string>(Math.min(count, 2)).fill('on disk')
    ])
    expect(owner.stash.status().copies.have).toBe(3)
  }
})

it('those that are selected at once are on disks, too, as far as it takes to be safe', async () => {
  for (let seed = 0; seed < 5; seed++) {
    const world = new World({ seed })
    const owner = await world.nara({ fresh: true })
    const disks: Nara[] = []

    for (let i = 0; i < 10; i++) {
      const nara = await world.nara({ fresh: true, ...(i < 3 ? { datastore: new MemoryDatastore() } : {}) })
      disks.push(...i < 3 ? [nara] : [])
    }

    world.net.connectAll()
    await world.run(minute)
    await kept(world, owner, 'one')
    const picks = await owner.stash.selectConfidantsAutomatically()

    expect(disks.filter(({ id }) => picks.includes(id)).length).toBeGreaterThanOrEqual(2)
  }
})

it('a night in which everybody is off ends no stash that has disks', async () => {
  const { world, owner, ram, disks } = await withDisks(3)
  const everybody = [owner, ...ram, ...disks]
  everybody.forEach(nara => { nara.kill() })
  await world.run(8 * 60 * minute)

  for (const nara of everybody) {
    await nara.restart()
  }

  world.net.connectAll()
  expect(await world.settled(owner)).toBe('settled')
  expect(owner.text).toBe('one')
})

it('a holder that came back with its copy is one whose disk was seen, and one that only said so is not', async () => {
  const { world, owner, disks } = await withDisks(3)
  const { disks: evidence } = owner.process.parts
  const [a, liar] = holdersAmong(disks, owner) as [Nara, Nara]
  expect([a, liar].map(({ id }) => evidence.of(id))).toStrictEqual(['said', 'said'])

  for (const [nara, datastore] of [[a, undefined], [liar, new MemoryDatastore()]] as const) {
    nara.kill()
    await world.run(30_000)
    await nara.restart(datastore == null ? {} : { datastore })
    world.net.connectAll()
    await world.run(5 * minute)
  }

  expect([a, liar].map(({ id }) => evidence.of(id))).toStrictEqual(['seen', 'said'])
  expect(owner.stash.status().copies.have).toBe(3)
})

it('holders that bring back what was replaced meanwhile look for the owner before they copy it', async () => {
  const world = new World()
  const owner = await world.nara({ fresh: true })
  const disks = await Promise.all(['a', 'b', 'c'].map(async () => await world.nara({ fresh: true, datastore: new MemoryDatastore() })))
  world.net.connectAll()
  await kept(world, owner, 'one')

  for (const nara of disks) {
    nara.kill()
  }

  const others = await Promise.all(['d', 'e', 'f'].map(async () => await world.nara({ fresh: true, datastore: new MemoryDatastore() })))
  world.net.connectAll()
  await kept(world, owner, 'two')
  await world.run(10 * minute)

  // two of them are back: each takes the other's word, and both have as many connections as they look for, none of them to the owner
  const back = disks.slice(0, 2)
  const strangers = await world.confidants(2)

  for (const nara of back) {
    await nara.restart({ minConnections: 3 })
  }

  for (const nara of back) {
    [...back, ...strangers].filter(other => other !== nara).forEach(other => { world.net.connect(nara.id, other.id) })
    nara.process.parts.discovered(owner.id, ['address'])
  }

  await world.run(5 * minute)

  expect([...back, ...strangers].map(nara => nara.holds(owner))).toStrictEqual([undefined, undefined, undefined, undefined])
  expect(holdersAmong(others, owner)).toHaveLength(3)
})
