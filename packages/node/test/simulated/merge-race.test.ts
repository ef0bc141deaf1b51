import { expect, it } from 'vitest'
import { kept, World } from './world.ts'
import type { Nara } from './world.ts'

const second = 1_000

function words (data: Uint8Array | undefined): string[] {
  return new TextDecoder().decode(data).split(' ')
}

/** An owner that wrote "one", came back where nobody has it and wrote "two", and merges by taking the words of both, which takes a second. */
async function divided (): Promise<{ world: World, owner: Nara, holders: [Nara, ...Nara[]] }> {
  const world = new World()
  const merge = async (a: Uint8Array, b: Uint8Array): Promise<Uint8Array> => {
    await new Promise<void>(resolve => { world.clock.setTimer(resolve, second) })

    return new TextEncoder().encode([...new Set([...words(a), ...words(b)])].toSorted().join(' '))
  }
  const owner = await world.nara({ fresh: true, merge, gossip: false })
  const holders = await world.confidants(3, { gossip: false }) as [Nara, ...Nara[]]
  holders.forEach(({ id }) => { world.net.connect(owner.id, id) })
  await kept(world, owner, 'one')
  owner.kill()
  await owner.restart()
  const others = await world.confidants(3, { gossip: false })
  others.forEach(({ id }) => { world.net.connect(owner.id, id) })
  expect(await world.settled(owner)).toBe('empty')
  await kept(world, owner, 'two')

  return { world, owner, holders }
}

it('what is written while versions are being merged does not go over what was merged in', async () => {
  const { world, owner, holders: [holder] } = await divided()
  expect(owner.text).toBe('two')
  owner.stash.getStashData()
  world.net.connect(owner.id, holder.id)
  await world.run(second / 2)
  await world.of(owner.put('two three'))

  expect(words(owner.stash.getStashData()?.data)).toEqual(['one', 'three', 'two'])
})

it('nor does what is written afterwards without having been read', async () => {
  const { world, owner, holders: [holder] } = await divided()
  owner.stash.getStashData()
  world.net.connect(owner.id, holder.id)
  await world.until(() => owner.text === 'one two')
  await world.of(owner.put('two three'))
  expect(words(owner.stash.getStashData()?.data)).toEqual(['one', 'three', 'two'])

  await world.of(owner.put('four'))
  expect(owner.text).toBe('four')
})
