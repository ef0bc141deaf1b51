import { soulFromSeed } from '@nara-stash/crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { kept, Nara, World } from './world.ts'

it('a write whose time is over keeps no memory, though it was not kept', async () => {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const used = (): number => {
    gc()
    gc()

    return process.memoryUsage().arrayBuffers
  }
  const world = new World()
  const owner = await world.nara({ fresh: true })
  const before = used()

  for (let i = 0; i < 40; i++) {
    await world.of(owner.stash.setStashData(new Uint8Array(1_000_000).fill(i), { timeout: 5_000 }))
    await world.run(10_000)
  }

  expect(used() - before).toBeLessThan(20_000_000)
})

it.each([3_000, Infinity])('storeWith is answered though another write follows while its peer is slow (%d ms)', async delay => {
  const world = new World({ latency: [5, 30] })
  const { owner } = await world.owned(3)
  await kept(world, owner, 'one')
  const slow = await world.nara({ fresh: true })
  world.net.connect(owner.id, slow.id)
  await world.run(1_000)
  world.net.intercept(async (_from, to, request, next) => {
    if (to === slow.id && request.type === 'store') {
      await new Promise<void>(resolve => { world.clock.setTimer(resolve, Math.min(delay, 1e9)) })
    }

    return await next()
  })
  const stored = owner.stash.storeWith(slow.id, new TextEncoder().encode('two')).then(() => 'stored', (err: Error) => err.name)
  expect(await world.of(owner.put('three'))).toMatchObject({ outcome: 'kept' })

  expect(await world.of(stored, 10 * 60_000)).toBe(delay === Infinity ? 'TimeoutError' : 'stored')
  expect(owner.stash.confidants).toContain(slow.id)
})

it('a write before the start of a nara that is new goes through', async () => {
  const world = new World()
  await world.owned(3)
  const nara = new Nara(world, soulFromSeed(new Uint8Array(32).fill(77), 'early'), { fresh: true })
  const written = nara.put('two', { timeout: 60_000 })
  await nara.start()
  world.net.connectAll()

  expect(await world.of(written)).toMatchObject({ outcome: 'kept' })
})

it('what is written after "leave" is told of by the stop', async () => {
  const world = new World()
  const { owner } = await world.owned(3)
  await kept(world, owner, 'one')
  await world.of(owner.stash.leave())
  world.net.intercept((_from, _to, request, next) => request.type === 'store' ? undefined : next())
  await world.of(owner.put('two', { timeout: 2_000 }))
  await world.of(owner.stop())

  expect(owner.events('leave')).toMatchObject([{ detail: { own: { seq: '1', outcome: 'kept' } } }, { detail: { own: { seq: '2', copies: 0 } } }])
})
