import { expect, it } from 'vitest'
import { twins } from './twin.ts'
import { kept, World } from './world.ts'
import type { Surrogates } from '@nara-stash/protocol'

const allowedBy = (world: World, owner: { id: string }): Surrogates[] =>
  world.naras.flatMap(({ process }) => process.parts.held.get(owner.id)?.placement.surrogates ?? [])

it('whom confidants may ask is what the owner says since it started, though it writes nothing; no body moves', async () => {
  const world = new World()
  const { owner } = await world.owned(4)
  await kept(world, owner, 'one')
  expect(allowedBy(world, owner)).toEqual(['any', 'any', 'any'])
  const seq = owner.stash.status().stash?.seq
  owner.kill()

  await owner.restart({ surrogates: 'none' })
  world.net.connectAll()
  expect(await world.settled(owner)).toBe('settled')
  await world.run(60_000)

  expect(allowedBy(world, owner)).toEqual(['none', 'none', 'none'])
  expect(owner.stash.status().stash?.seq).toBe(seq)
  expect(owner.stash.status().copies).toMatchObject({ have: 3 })

  // and it is said once
  let stores = 0
  world.net.intercept((_from, _to, request, next) => {
    stores += Number(request.type === 'store')

    return next()
  })
  await world.run(60 * 60_000)
  expect(stores).toBe(0)
})

it('what a twin that is gone said of helpers does not stay in force', async () => {
  const { world, owner, twin, confidants } = await twins({ surrogates: 'none' }, { surrogates: 'any' })
  await world.run(60_000)
  expect(new Set(allowedBy(world, owner))).toEqual(new Set(['any']))
  twin.kill()
  // they offer what they have over a new connection
  confidants.forEach(({ id }) => {
    world.net.disconnect(owner.process.port, id)
    world.net.connect(owner.process.port, id)
  })
  await world.run(60_000)

  expect(new Set(allowedBy(world, owner))).toEqual(new Set(['none']))
})
