import { describe, expect, it } from 'vitest'
import { twins } from './twin.ts'
import type { Nara } from './world.ts'
import type { Merge } from '../../src/api.ts'

const words = (data: Uint8Array): string[] => new TextDecoder().decode(data).split(' ')

const union: Merge = (a, b) => new TextEncoder().encode([...new Set([...words(a), ...words(b)])].toSorted().join(' '))

const seq = (nara: Nara): number => Number(nara.stash.status().stash?.seq)

describe('two processes with one soul and a merge function', () => {
  it('come to the same content, and then to rest', async () => {
    const { world, owner, twin } = await twins({ merge: union })
    void owner.put('one mine')
    void twin.put('its one')
    await world.run(60 * 60_000)
    const before = [seq(owner), seq(twin)]
    await world.run(4 * 60 * 60_000)

    expect([owner.text, twin.text]).toEqual(['its mine one', 'its mine one'])
    expect([seq(owner), seq(twin)]).toEqual(before)
  })
})

it('who asks everybody is given what a living process wrote under the placement that confirmed it', async () => {
  const { world, owner, twin } = await twins({ gossip: false })
  await world.of(owner.put('two'))

  expect(new TextDecoder().decode(await world.of(twin.stash.recoverFromAny()))).toBe('two')
})

it('what a living process goes on to write under the placement that confirmed another one is no leftover of a crash', async () => {
  const { world, owner, twin, confidants } = await twins({ gossip: false })
  expect(twin.stash.status().recovery.confirmed).toBe(true)
  expect(await world.of(owner.put('two'))).toMatchObject({ outcome: 'kept' })
  const record = owner.process.parts.owning?.own.current?.record.id
  await world.run(60 * 60_000)

  expect(confidants.map(nara => nara.holds(owner))).toEqual([record, record, record])
  expect(twin.text).toBe('two')
})
