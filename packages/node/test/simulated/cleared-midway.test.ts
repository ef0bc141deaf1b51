import { describe, expect, it } from 'vitest'
import { kept, World } from './world.ts'
import type { Nara, NaraInit } from './world.ts'
import type { Merge, StashState } from '../../src/api.ts'

const second = 1_000
const minute = 60 * second

function words (data: Uint8Array | undefined): string[] {
  return new TextDecoder().decode(data).split(' ').toSorted()
}

/** Takes the words of both, for which it needs a second. */
function slowly (world: World): Merge {
  return async (a, b) => {
    await new Promise<void>(resolve => { world.clock.setTimer(resolve, second) })

    return new TextEncoder().encode([...new Set([...words(a), ...words(b)])].join(' '))
  }
}

interface Divided {
  world: World
  owner: Nara
  /** One of the holders of each text but the last. */
  strangers: [Nara, ...Nara[]]
}

/** An owner that wrote each text where nobody has the others. It has read the last. */
async function divided (texts: readonly string[], merge?: (world: World) => Merge): Promise<Divided> {
  const world = new World()
  const init: NaraInit = { gossip: false, merge: (merge ?? slowly)(world) }
  const owner = await world.nara({ fresh: true, ...init })
  const strangers: Nara[] = []

  for (const [n, text] of texts.entries()) {
    if (n > 0) {
      owner.kill()
      await owner.restart()
    }

    const group = await world.confidants(3, { gossip: false })
    group.forEach(({ id }) => { world.net.connect(owner.id, id) })
    expect(await world.settled(owner)).toBe('empty')
    await kept(world, owner, text)
    strangers.push(group[0] as Nara)
  }

  owner.stash.getStashData()

  return { world, owner, strangers: strangers.slice(0, -1) as Divided['strangers'] }
}

/** The states that the owner told of since then. */
function statesSince (owner: Nara, time: number): StashState[] {
  return owner.events('stash:state').filter(({ at }) => at >= time).map(({ detail }) => (detail as { state: StashState }).state)
}

describe('who clears its stash away while a version that turned up is merged', () => {
  it('searches, and is told of nothing but what that finds', async () => {
    const { world, owner, strangers: [holder] } = await divided(['one', 'two'])
    world.net.connect(owner.id, holder.id)
    await world.run(second / 2)
    owner.stash.clearMyStash()
    const time = world.clock.now()

    expect(await world.settled(owner)).toBe('settled')
    expect(words(owner.stash.getStashData()?.data)).toEqual(['one', 'two'])
    expect(statesSince(owner, time)).toEqual(['searching', 'recovering', 'settled'])
  })

  it('and writes at once, writes over nothing that is held', async () => {
    const { world, owner, strangers: [holder] } = await divided(['one', 'two'])
    world.net.connect(owner.id, holder.id)
    await world.run(second / 2)
    owner.stash.clearMyStash()
    const result = owner.put('three')
    await world.run(2 * second)
    expect(owner.stash.status().pending).not.toBeNull()

    expect(await world.of(result)).toMatchObject({ outcome: 'kept' })
    expect(words(owner.stash.getStashData()?.data)).toEqual(['one', 'three', 'two'])
  })

  it('does not get the next one in place of what the search finds', async () => {
    const { world, owner, strangers } = await divided(['one', 'two', 'three'])
    strangers.forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.run(second / 2)
    owner.stash.clearMyStash()
    const time = world.clock.now()

    expect(await world.settled(owner)).toBe('settled')
    expect(words(owner.stash.getStashData()?.data)).toEqual(['one', 'three', 'two'])
    expect(statesSince(owner, time)).toEqual(['searching', 'recovering', 'settled'])
  })

  it('has nothing set aside, though that merge fails', async () => {
    let fails = true
    const { world, owner, strangers: [holder] } = await divided(['one', 'two'], world => {
      const merge = slowly(world)

      return async (...versions) => {
        const merged = await merge(...versions)

        if (fails) {
          throw new RangeError('not so')
        }

        return merged
      }
    })
    world.net.connect(owner.id, holder.id)
    await world.run(second / 2)
    owner.stash.clearMyStash()
    await world.run(second)
    fails = false

    expect(await world.settled(owner)).toBe('settled')
    expect(owner.events('stash:set-aside')).toEqual([])
  })
})

describe('who clears its stash away on hearing of the copies of what came back', () => {
  /** Once, while `text` is taken over. */
  function clearAt (owner: Nara, text: string): void {
    let isCleared = false

    for (const type of ['confidant:add', 'stash:copies'] as const) {
      owner.stash.addEventListener(type, () => {
        if (owner.text === text && !isCleared) {
          isCleared = true
          owner.stash.clearMyStash()
        }
      })
    }
  }

  it('is not told that it is back before the next search has ended', async () => {
    const world = new World()
    const { owner, confidants } = await world.owned(3, { gossip: false })
    await kept(world, owner, 'one')
    owner.kill()
    await owner.restart()
    clearAt(owner, 'one')
    confidants.forEach(({ id }) => { world.net.connect(owner.id, id) })

    expect(await world.settled(owner)).toBe('settled')
    expect(owner.text).toBe('one')
    expect(owner.events('stash:recovered')).toHaveLength(1)
  })

  it('nor is it, if that is a newer version that turned up', async () => {
    const world = new World()
    const owner = await world.nara({ fresh: true, gossip: false })
    const [stale, ...others] = await world.confidants(3, { gossip: false }) as [Nara, ...Nara[]]
    ;[stale, ...others].forEach(({ id }) => { world.net.connect(owner.id, id) })
    await kept(world, owner, 'one')
    world.net.disconnect(owner.id, stale.id)
    await world.of(owner.put('two'))
    owner.kill()
    await owner.restart()
    world.net.connect(owner.id, stale.id)
    expect(await world.settled(owner)).toBe('settled')
    expect(owner.text).toBe('one')
    await world.run(second)
    clearAt(owner, 'two')
    const time = world.clock.now()
    others.forEach(({ id }) => { world.net.connect(owner.id, id) })
    await world.run(2 * minute)

    // "one" was sealed anew, and nobody knows any longer that this is no other content
    expect(statesSince(owner, time)).toEqual(['searching', 'recovering', 'doubtful'])
  })
})
