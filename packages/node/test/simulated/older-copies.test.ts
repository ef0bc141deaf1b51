import { describe, expect, it } from 'vitest'
import { kept, World } from './world.ts'
import type { Nara } from './world.ts'

const minute = 60_000

/** An owner with a version and confidants for the next; the two that are cut off now have the first one. */
async function apart (): Promise<{ world: World, owner: Nara, former: Nara[], others: Nara[] }> {
  const world = new World({ latency: [5, 5] })
  const { owner, confidants } = await world.owned(6, { repairDelay: 0, minConnections: 0, gossip: false })
  await kept(world, owner, 'one')
  const former = confidants.filter(nara => nara.holds(owner) != null).slice(1)
  former.forEach(nara => {
    // nor do they hear of the next version from those who have it
    ;[owner, ...confidants].filter(other => other !== nara).forEach(other => { world.net.disconnect(other.id, nara.id) })
    // what they say comes before the others' acknowledgements
    world.net.setLink(owner.id, nara.id, { latency: [1, 1] })
  })
  await world.run(minute)

  return { world, owner, former, others: confidants.filter(nara => !former.includes(nara)) }
}

describe('a former confidant lets go of an older copy', () => {
  it('that it offers while the version after it is being stored', async () => {
    const { world, owner, former } = await apart()
    void owner.put('two')
    await world.run(1)
    former.forEach(nara => { world.net.connect(owner.id, nara.id) })
    await world.run(2 * minute)

    expect(owner.stash.status().copies.have).toBe(3)
    expect(former.map(nara => nara.holds(owner))).toEqual([undefined, undefined])
  })

  it('that it shows while the owner recovers the version after it', async () => {
    const { world, owner, former, others } = await apart()
    expect((await world.of(owner.put('two'))).outcome).toBe('kept')
    owner.kill()
    await owner.restart()
    ;[...former, ...others].forEach(nara => { world.net.connect(owner.id, nara.id) })
    expect(await world.settled(owner)).toBe('settled')
    await world.run(2 * minute)

    expect(owner.text).toBe('two')
    expect(former.map(nara => nara.holds(owner))).toEqual([undefined, undefined])
  })

  it('that it shows while the owner finds that it was deleted, and writes again at once', async () => {
    const { world, owner, former, others } = await apart()
    await kept(world, owner, 'two')
    expect((await world.of(owner.stash.forgetStash({ timeout: minute }))).outcome).toBe('forgotten')
    owner.kill()
    await owner.restart()
    void owner.put('three')
    ;[...former, ...others].forEach(nara => { world.net.connect(owner.id, nara.id) })
    await world.run(2 * minute)

    expect(owner.text).toBe('three')
    expect(former.map(nara => nara.holds(owner)).filter(held => held != null && held !== owner.process.parts.owning?.own.current?.record.id)).toEqual([])
    expect([...former, ...others].filter(nara => nara.holds(owner) != null)).toHaveLength(3)
  })

  it('that was merged into the version after it', async () => {
    const merge = (a: Uint8Array, b: Uint8Array): Uint8Array => new TextEncoder().encode([a, b].map(text => new TextDecoder().decode(text)).toSorted().join(' '))
    const world = new World({ latency: [5, 5] })
    const { owner, confidants } = await world.owned(6, { repairDelay: 0, minConnections: 0, gossip: false, merge })
    await kept(world, owner, 'one')
    const former = confidants.filter(nara => nara.holds(owner) != null)
    owner.kill()
    former.forEach(nara => { confidants.filter(other => other !== nara).forEach(other => { world.net.disconnect(other.id, nara.id) }) })

    // among others it knows of nothing
    await owner.restart()
    confidants.filter(nara => !former.includes(nara)).forEach(nara => { world.net.connect(owner.id, nara.id) })
    await world.until(() => owner.state === 'empty')
    await kept(world, owner, 'two')
    owner.kill()

    await owner.restart()
    confidants.forEach(nara => { world.net.connect(owner.id, nara.id) })
    expect(await world.settled(owner)).toBe('settled')
    await world.run(2 * minute)
    expect(owner.text).toBe('one two')
    expect(confidants.filter(nara => nara.holds(owner) != null)).toHaveLength(3)
  })
})
