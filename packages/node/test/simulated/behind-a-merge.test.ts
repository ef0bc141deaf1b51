import { describe, expect, it } from 'vitest'
import { kept, World } from './world.ts'
import type { Nara } from './world.ts'

/** An owner whose application merges what it wrote with what came back, and does not come to an end. */
async function merging (): Promise<{ world: World, owner: Nara, written: Promise<unknown> }> {
  const world = new World()
  const never = Promise.withResolvers<Uint8Array>()
  const { owner } = await world.owned(3, { merge: async () => await never.promise })
  await kept(world, owner, 'one')
  owner.kill()
  await owner.restart()
  const written = owner.put('two')
  world.net.connectAll()
  await world.settled(owner)
  await world.run(5_000)

  return { world, owner, written }
}

describe('behind a merge that does not end', () => {
  it.each(['forgetStash', 'recoverFromAny', 'adopt', 'put'] as const)('the signal of %s ends the waiting', async what => {
    const { world, owner, written } = await merging()
    const abort = new AbortController()
    const { signal } = abort
    const work: Record<typeof what, () => Promise<unknown>> = {
      forgetStash: async () => await owner.stash.forgetStash({ signal }),
      recoverFromAny: async () => await owner.stash.recoverFromAny({ signal }),
      adopt: async () => await owner.stash.adopt('00', { signal }),
      put: async () => await owner.put('three', { signal })
    }
    const done = work[what]().then(() => 'done', (err: Error) => err.message)
    await world.run(10_000)
    abort.abort(new Error('enough'))

    expect(await world.of(done)).toBe('enough')
    await world.of(owner.stop())
    await world.of(written)
  })

  it('a stop answers the write that is merged', async () => {
    const { world, owner, written } = await merging()
    await world.of(owner.stop())

    expect(await world.of(written)).toMatchObject({ outcome: 'unstored' })
  })
})
