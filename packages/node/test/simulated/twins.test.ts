import { describe, expect, it } from 'vitest'
import { both, putInVain, twins, withoutBoots, withoutPlacements } from './twin.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

const boot = (nara: Nara): string | undefined => nara.process.parts.owning?.own.boot

describe('two processes with one soul', () => {
  it('are noticed by the one that is quiet, when the other writes', async () => {
    // only by its records: neither hears the other speak, and nobody tells of it
    const { world, owner, twin } = await twins({ gossip: false }, {}, withoutBoots)
    await world.of(twin.put('two'))
    await world.until(() => owner.events('stash:twin').length > 0, 120_000)

    expect(owner.events('stash:twin')).toMatchObject([{ detail: { boot: boot(twin), seq: '2' } }])
    expect(owner.stash.status().twin).toMatchObject({ boot: boot(twin), seq: '2' })
    // it is above what this process wrote
    await world.until(() => owner.state === 'doubtful')
    expect(owner.stash.status().recovery.doubt).toMatchObject({ reason: 'ROLLBACK_SUSPECTED' })
    // the twin has seen nothing of us yet
    expect(twin.events('stash:twin')).toEqual([])
  })

  it('both notice when both write; nothing is overwritten, either can be adopted', async () => {
    const { world, owner, twin } = await twins({}, {}, withoutPlacements)
    await world.of(twin.put('its'))
    await putInVain(world, owner, 'mine')
    await world.until(() => owner.events('stash:twin').length > 0 && twin.events('stash:twin').length > 0, 300_000)

    expect(owner.events('stash:twin')).toMatchObject([{ detail: { boot: boot(twin) } }])
    expect(twin.events('stash:twin')).toMatchObject([{ detail: { boot: boot(owner) } }])
    expect(owner.text).toBe('mine')
    expect(twin.text).toBe('its')

    // hours later each boot has been said once
    await world.run(2 * 3_600_000)
    expect([owner, twin].map(nara => nara.events('stash:twin').length)).toEqual([1, 1])

    // one of them ends, and a person decides
    world.net.crash(twin.process.port)
    const its = owner.stash.status().recovery.doubt?.records.find(({ bytes }) => bytes === 3)
    await world.of(owner.stash.adopt(its?.id ?? '', { timeout: 30_000 }))
    expect(owner.state).toBe('settled')
    expect(owner.text).toBe('its')
    expect(owner.aside).toEqual(['mine'])
  })

  it('hear each other, although neither writes', async () => {
    const { world, owner, twin } = await twins()
    await world.until(() => owner.events('stash:twin').length > 0 && twin.events('stash:twin').length > 0, 120_000)

    expect(owner.stash.status().twin).toMatchObject({ boot: boot(twin), seq: '0' })
    expect(twin.stash.status().twin).toMatchObject({ boot: boot(owner), seq: '0' })
    expect([owner.state, twin.state]).toEqual(['settled', 'settled'])

    // its records tell more, and no second time
    await world.of(twin.put('two'))
    await world.until(() => owner.state === 'doubtful', 120_000)
    expect(owner.stash.status().twin).toMatchObject({ boot: boot(twin), seq: '2' })
    expect([owner, twin].map(nara => nara.events('stash:twin').length)).toEqual([1, 1])
  })

  it('are said even where a merge function makes one of both', async () => {
    const { world, owner, twin } = await twins({ merge: both })
    await world.of(twin.put('its'))
    // each merges what the other made of it, so this is there for a moment only
    void owner.put('mine', { timeout: 5_000 }).catch(() => {})
    await world.until(() => owner.text === 'its+mine')
    expect(owner.events('stash:twin')).toHaveLength(1)
    expect(owner.state).toBe('settled')
  })
})

describe('a restart after kill -9', () => {
  it('is no twin, whatever its crash left behind', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3)
    await kept(world, owner, 'one')
    await kept(world, owner, 'two')
    const [a, b, c] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]

    for (let i = 0; i < 4; i++) {
      const stop = world.net.intercept((_from, to, request, next) => request.type === 'store' && to !== c.id ? undefined : next())
      void owner.put(`cut short ${i}`).catch(() => {})
      await world.run(1_000)
      owner.kill()
      stop()
      await owner.restart()
      ;[a, b].forEach(({ id }) => { world.net.connect(owner.id, id) })
      await world.settled(owner)
      owner.stash.getStashData()
      await world.of(owner.put(`after ${i}`, { timeout: 10_000 }).catch(() => undefined))
      world.net.connect(owner.id, c.id)
      await world.run(120_000)
      expect(owner.events('stash:twin')).toEqual([])
    }
  })
})
