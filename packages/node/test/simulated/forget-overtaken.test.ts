import { describe, expect, it } from 'vitest'
import { kept, World } from './world.ts'

describe('what was written before a deletion was asked for is gone', () => {
  it.each(['stash:copies', 'stash:watermark'] as const)('though the version before it is acknowledged at that moment (%s)', async type => {
    const world = new World({ latency: [5, 30] })
    const { owner } = await world.owned(3)
    await kept(world, owner, 'one')
    const first = owner.put('two')
    await world.run(1)
    let forgotten: ReturnType<typeof owner.stash.forgetStash> | undefined
    owner.stash.addEventListener(type, ({ detail }: CustomEvent<{ seq: string, have?: number }>) => {
      if ((detail.have ?? 2) >= 2) {
        forgotten ??= owner.stash.forgetStash()
      }
    })
    const second = owner.put('three')
    await world.of(first)

    expect(await world.of(second)).toMatchObject({ outcome: 'unstored' })
    expect(await world.of(forgotten ?? Promise.reject(new Error('nothing was acknowledged')))).toMatchObject({ outcome: 'forgotten' })
    await world.run(60_000)
    expect([owner.state, owner.text]).toEqual(['empty', undefined])
  })

  it('whatever moment of its way the version before it has come to, and however long it takes to seal the tombstone', async () => {
    for (let at = 1; at < 60; at += 5) {
      const world = new World({ latency: [5, 30], seed: at })
      const { owner } = await world.owned(3)
      await kept(world, owner, 'one')
      const own = owner.process.parts.owning?.own as { sealTombstone (): Promise<unknown> }
      const seal = own.sealTombstone.bind(own)
      own.sealTombstone = async () => {
        await new Promise<void>(resolve => { world.clock.setTimer(resolve, 50) })

        return await seal()
      }
      const first = owner.put('two')
      await world.run(1)
      const second = owner.put('three')
      await world.run(at)
      await world.of(owner.stash.forgetStash())
      await world.of(Promise.all([first, second]))
      await world.run(30_000)

      expect(owner.text).toBeUndefined()
    }
  })
})

it('what is written after a deletion is sealed, though something was undecided before that', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3)
  await kept(world, owner, 'one')
  const { own, owner: owning } = owner.process.parts.owning as NonNullable<typeof owner.process.parts.owning>
  const { record } = await own.anew().seal(new TextEncoder().encode('of another process'), 1)
  owning.met(record, undefined, confidants[0]?.id ?? '')
  await world.run(1_000)
  expect(owning.undecided).toBe(1)
  const forgotten = owner.stash.forgetStash()
  const written = owner.put('two')

  expect(await world.of(forgotten)).toBeDefined()
  expect(await world.of(written)).toMatchObject({ outcome: 'kept' })
})
