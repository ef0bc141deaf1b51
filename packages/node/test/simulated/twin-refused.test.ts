import { describe, expect, it } from 'vitest'
import { mute } from './mute.ts'
import { both, recoveredTwin, withoutBoots, withoutPlacements } from './twin.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara, NaraInit } from './world.ts'

const minute = 60_000
const boot = (nara: Nara): string | undefined => nara.process.parts.owning?.own.boot

interface Scene {
  world: World
  owner: Nara
  twin: Nara
  holders: [Nara, Nara, Nara]
  /** They have nothing of it. */
  others: Nara[]
}

/** An owner with "one" at three holders, and its twin, which has recovered that. Both are connected with the three; nobody hears anybody. */
async function scene ({ others = 0, init = {}, unnamed = false, restarted = false }: { others?: number, init?: NaraInit, unnamed?: boolean, restarted?: boolean } = {}): Promise<Scene> {
  const world = new World()

  if (unnamed) {
    withoutBoots(world)
  }

  const { owner, confidants } = await world.owned(3 + others, { gossip: false, ...init })
  await kept(world, owner, 'one')
  const holders = holdersAmong(confidants, owner) as Scene['holders']

  if (restarted) {
    owner.kill()
    await owner.restart()
    world.net.connectAll()
    await world.settled(owner)
  }

  const twin = await recoveredTwin(world, owner, holders, init)
  await world.run(20_000)

  return { world, owner, twin, holders, others: confidants.filter(nara => !holders.includes(nara)) }
}

/** How many stores were answered by CONFLICT. */
function refusals (world: World): { count: number } {
  const refused = { count: 0 }

  world.net.intercept(async (_from, _to, request, next) => {
    const answer = await next()
    refused.count += request.type === 'store' && answer?.type === 'conflict' ? 1 : 0

    return answer
  })

  return refused
}

/** Nobody takes anything of `nara` but these. */
function taking (world: World, nara: Nara, ...takers: Nara[]): () => void {
  const process = nara.process.port

  return world.net.intercept((from, to, request, next) =>
    request.type === 'store' && from === process.self && nara.process.parts.owning?.own.current?.record.id === request.record.id && !takers.some(({ id }) => id === to) ? undefined : next())
}

describe('what a twin wrote and nobody took', () => {
  it('leaves the owner whose version is whole as it is: it says so, and goes on', async () => {
    const { world, owner, twin, holders } = await scene()
    await kept(world, owner, 'two')
    await expect(world.of(twin.put('of the twin', { timeout: 5_000 }))).rejects.toMatchObject({ name: 'TwinError' })
    expect(twin.state).toBe('doubtful')
    expect(twin.text).toBe('of the twin')
    twin.kill()

    await world.run(10 * minute)
    expect(owner.events('stash:doubt')).toEqual([])
    expect(owner.events('stash:twin')).toHaveLength(1)
    expect(owner.stash.status()).toMatchObject({ state: 'settled', copies: { have: 3 }, twin: { boot: boot(twin) }, recovery: { undecided: 0 } })
    expect(owner.text).toBe('two')

    // what it wrote is known to be older from then on, also to who comes back
    expect((await world.of(owner.put('three'))).outcome).toBe('kept')
    owner.kill()
    await owner.restart()
    holders.forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.settled(owner)
    expect([owner.state, owner.text]).toEqual(['settled', 'three'])
  })

  it('is answered in its time, and its caller let go, however long the holders are silent on what is in the way', async () => {
    const { world, owner, twin } = await scene()
    await kept(world, owner, 'two')
    let asked = 0
    world.net.intercept((from, _to, request, next) => {
      const isSilent = from === twin.process.port.self && request.type === 'fetch'
      asked += isSilent ? 1 : 0

      return isSilent ? new Promise(() => {}) : next()
    })
    const controller = new AbortController()
    const before = world.clock.now()
    const timed = twin.put('of the twin', { timeout: 700 })
    const aborted = twin.put('of the twin', { signal: controller.signal })
    world.clock.setTimer(() => { controller.abort(new Error('enough')) }, 900)

    expect((await world.of(timed)).outcome).not.toBe('kept')
    expect(world.clock.now() - before).toBe(700)
    await expect(world.of(aborted)).rejects.toThrow('enough')
    expect(world.clock.now() - before).toBe(900)
    expect(asked).toBeGreaterThan(0)
  })

  it('is told by its record where nobody tells of the process', async () => {
    const { world, owner, twin } = await scene({ unnamed: true })
    await kept(world, owner, 'two')
    await world.of(twin.put('of the twin', { timeout: 5_000 }).catch(() => {}))
    twin.kill()
    await world.run(10 * minute)

    expect(owner.events('stash:twin')).toMatchObject([{ detail: { boot: boot(twin), seq: '2' } }])
    expect(owner.state).toBe('settled')
  })

  it('is set aside, readable, if one took it', async () => {
    const { world, owner, twin, holders: [a, b, c] } = await scene({ others: 2 })
    // each gets what it writes to some first
    const stops = [taking(world, twin, a), taking(world, owner, b, c)]
    void twin.put('of the twin', { timeout: 5_000 }).catch(() => {})
    void owner.put('two', { timeout: 5_000 }).catch(() => {})
    await world.until(() => a.holds(owner) !== b.holds(owner) && b.holds(owner) === c.holds(owner) && owner.text === 'two')
    stops.forEach(stop => { stop() })
    await world.run(5 * minute)

    expect(owner.state).toBe('settled')
    expect(owner.text).toBe('two')
    expect(owner.aside).toEqual(['of the twin'])
    expect(owner.events('stash:doubt')).toEqual([])
    expect(owner.events('stash:twin')).toHaveLength(1)
    expect(owner.stash.status().copies.have).toBe(3)
    // the loser is told, and has both
    expect(twin.state).toBe('doubtful')
  })

  it.each([
    ['readable, however long those who have it take to say so and to bring it', 5_000, ['of the twin']],
    ['though it never comes', 3_600_000, []]
  ])('is set aside, %s', async (_, delay, aside) => {
    const { world, owner, twin, holders: [a, b, c] } = await scene({ others: 1 })
    const self = owner.process.port.self
    const one = b.holds(owner)
    const wait = async (ms: number): Promise<void> => { await new Promise<void>(resolve => { world.clock.setTimer(resolve, ms) }) }
    const stops = [taking(world, twin, a, b, c), world.net.intercept((from, _to, request, next) => from === self && request.type === 'witness' ? undefined : next())]
    // as by somebody who is connected with both
    owner.process.parts.owning?.owner.heardTwin(boot(twin) ?? '', b.id)
    world.net.disconnect(owner.process.port, a.id)
    await kept(world, owner, 'two')
    world.net.connect(twin.process.port, a.id)
    void twin.put('of the twin', { timeout: 5_000 }).catch(() => {})
    // those who have the owner's refuse the twin's
    await world.until(() => a.holds(owner) !== one && twin.state === 'doubtful')
    twin.kill()
    stops.forEach(stop => { stop() })

    // a is slow to say what it has, but for the first time that it is asked
    let asked = 0
    world.net.intercept(async (from, to, request, next) => {
      if (to === a.id && from === self) {
        await wait(request.type !== 'fetch' ? 1_000 : request.whole ? delay : 500 * asked++)
      }

      return from === a.id && request.type === 'offer' ? await new Promise(() => {}) : await next()
    })
    world.net.disconnect(owner.process.port, b.id)
    world.net.connect(owner.process.port, a.id)
    world.net.connect(owner.process.port, b.id)
    await world.run(5 * minute)

    expect([owner.state, owner.text, owner.aside]).toEqual(['settled', 'two', aside])
  })

  it('is set aside once it is told that a twin lives', async () => {
    // neither builds on what the other process wrote
    const { world, owner, twin, holders: [a, b, c] } = await scene({ unnamed: true, restarted: true })
    const stops = [taking(world, twin, a), taking(world, owner, b, c)]
    void twin.put('of the twin', { timeout: 5_000 }).catch(() => {})
    void owner.put('two', { timeout: 5_000 }).catch(() => {})
    await world.until(() => a.holds(owner) !== b.holds(owner) && b.holds(owner) === c.holds(owner) && owner.text === 'two')
    stops.forEach(stop => { stop() })
    await world.until(() => owner.state === 'doubtful', 5 * minute)
    expect(owner.events('stash:twin')).toEqual([])

    // as by somebody who is connected with both
    owner.process.parts.owning?.owner.heardTwin(boot(twin) ?? '', b.id)
    await world.until(() => owner.state === 'settled')
    expect(owner.events('stash:twin')).toHaveLength(1)
    expect([owner.text, owner.aside]).toEqual(['two', ['of the twin']])
  })

  it('is set aside though it is above what the owner has, and built on that', async () => {
    const { world, owner, twin, holders: [a] } = await scene()
    const stop = taking(world, twin, a)
    void twin.put('of the twin', { timeout: 5_000 }).catch(() => {})
    await world.until(() => twin.stash.status().copies.have === 1)
    twin.kill()
    stop()
    await world.until(() => owner.aside.length > 0, 10 * minute)
    await world.until(() => owner.stash.status().copies.have === 3)

    expect([owner.state, owner.text, owner.aside]).toEqual(['settled', 'one', ['of the twin']])
    expect(owner.events('stash:doubt')).toEqual([])
    expect(owner.stash.status().twin?.boot).toBe(boot(twin))
  })

  it('is merged where there is a merge function and it can be read', async () => {
    const { world, owner, twin, holders: [a] } = await scene({ init: { merge: both } })
    const stop = taking(world, twin, a)
    void twin.put('its', { timeout: 5_000 }).catch(() => {})
    await world.until(() => twin.stash.status().copies.have === 1)
    twin.kill()
    stop()
    await world.until(() => owner.text === 'its+one', 10 * minute)
    expect(owner.state).toBe('settled')
  })

  it('is decided on each time that it goes on writing, and is in doubt itself', async () => {
    const { world, owner, twin, holders } = await scene()

    for (let i = 0; i < 4; i++) {
      await world.of(owner.put(`mine ${i}`, { timeout: 5_000 }))
      await world.of(twin.put(`its ${i}`, { timeout: 5_000 }).catch(() => {}))
      await world.run(2 * minute)
    }

    expect(owner.state).toBe('settled')
    expect(owner.text).toBe('mine 3')
    expect(owner.events('stash:doubt')).toEqual([])
    expect(twin.state).toBe('doubtful')
    expect(new Set(holders.map(nara => nara.holds(owner))).size).toBe(1)
  })
})

describe('what a twin wrote stays in doubt', () => {
  async function inDoubt (world: World, owner: Nara): Promise<void> {
    await world.until(() => owner.state === 'doubtful', 60 * minute)
    await world.run(10 * minute)
    expect(owner.state).toBe('doubtful')
  }

  it('if minCopies took it', async () => {
    const { world, owner, twin, holders: [a, b] } = await scene()
    const stop = taking(world, twin, a, b)
    expect(await world.of(twin.put('of the twin', { timeout: 5_000 }))).toMatchObject({ outcome: 'kept' })
    twin.kill()
    stop()
    await inDoubt(world, owner)
    expect(owner.aside).toEqual(['of the twin'])
  })

  it('if those who may have taken it are away, until they are back', async () => {
    const { world, owner, twin, holders: [a, b, c] } = await scene()
    const stop = taking(world, twin, a)
    void twin.put('of the twin', { timeout: 5_000 }).catch(() => {})
    await world.until(() => twin.stash.status().copies.have === 1)
    ;[b, c].forEach(nara => { world.net.disconnect(owner.process.port, nara.id) })
    twin.kill()
    stop()
    await inDoubt(world, owner)
    // whoever writes now may not have seen what there is
    const blind = expect(owner.put('blind')).rejects.toMatchObject({ name: 'RecoveredFirstError' })

    ;[b, c].forEach(nara => { world.net.connect(owner.process.port, nara.id) })
    await world.until(() => owner.state === 'settled', 10 * minute)
    await world.of(blind)
    expect([owner.text, owner.aside]).toEqual(['one', ['blind', 'of the twin']])
  })

  it('if it was kept by others before it was refused here', async () => {
    const { world, owner, twin, holders, others } = await scene({ others: 3 })
    const [d, e, f] = others as [Nara, Nara, Nara]
    await kept(world, owner, 'two')
    // cut off from who knows better, it finds others
    holders.forEach(({ id }) => { world.net.disconnect(twin.process.port, id) })
    holders.forEach(({ id }) => { world.net.connect(owner.process.port, id) })
    ;[d, e, f].forEach(({ id }) => {
      world.net.disconnect(owner.process.port, id)
      world.net.connect(twin.process.port, id)
    })
    expect(await world.of(twin.put('of the twin', { timeout: 60_000 }))).toMatchObject({ outcome: 'kept' })
    ;[d, e, f].forEach(({ id }) => { world.net.disconnect(twin.process.port, id) })
    // now it asks those of the owner to keep it, before it hears of what they have
    const unheard = world.net.intercept((_from, _to, request, next) => request.type === 'offer' || request.type === 'witness' ? undefined : next())
    holders.forEach(({ id }) => { world.net.connect(twin.process.port, id) })
    const refused = refusals(world)
    await world.until(() => refused.count > 0, 10 * minute)
    unheard()
    twin.kill()
    holders.forEach(({ id }) => { world.net.connect(owner.process.port, id) })
    await inDoubt(world, owner)
    expect(owner.text).toBe('two')
  })

  it('if it was refused first, and others took it then: it was sealed anew for them', async () => {
    const { world, owner, twin, holders, others } = await scene({ others: 3 })
    await kept(world, owner, 'two')
    // it never gets to read what is in its way
    const deaf = world.net.intercept((from, _to, request, next) => from === owner.id && request.type === 'fetch' && request.whole ? undefined : next())
    const refused = refusals(world)
    const writing = twin.put('of the twin', { timeout: 60_000 }).catch(() => undefined)
    await world.until(() => refused.count > 0)
    others.forEach(({ id }) => {
      world.net.disconnect(owner.process.port, id)
      world.net.connect(twin.process.port, id)
    })
    await world.of(writing)
    const taken = others.filter(nara => nara.holds(owner) != null)
    deaf()
    twin.kill()
    holders.forEach(({ id }) => { world.net.connect(owner.process.port, id) })
    await world.run(10 * minute)
    expect(refused.count).toBeGreaterThan(0)


    // what was refused is not what was kept
    expect(taken.length).toBeGreaterThanOrEqual(2)
    others.forEach(({ id }) => { world.net.connect(owner.process.port, id) })
    await inDoubt(world, owner)
    expect(owner.aside).toContain('of the twin')
  })

  it('if neither was kept', async () => {
    const { world, owner, twin, holders: [a, b, c] } = await scene()
    const stops = [taking(world, twin, a), taking(world, owner, b)]
    // it has what was before both
    mute(world, c, 'store')
    void twin.put('of the twin', { timeout: 5_000 }).catch(() => {})
    void owner.put('two', { timeout: 5_000 }).catch(() => {})
    await world.until(() => a.holds(owner) !== b.holds(owner) && twin.stash.status().copies.have === 1 && owner.stash.status().copies.have === 1)
    stops.forEach(stop => { stop() })
    await inDoubt(world, owner)
  })

  it('if its placement does not tell since when it is used, as by a nara that does not know of that', async () => {
    const { world, owner, twin } = await scene()
    await kept(world, owner, 'two')
    withoutPlacements(world)
    await world.of(twin.put('of the twin', { timeout: 5_000 }).catch(() => {}))
    twin.kill()
    await inDoubt(world, owner)
  })
})
