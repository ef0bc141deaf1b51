import { expect, it } from 'vitest'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

const seqs = (nara: Nara): string[] => nara.events('stash:watermark').map(({ detail }) => (detail as { seq: string }).seq)

interface Left {
  world: World
  owner: Nara
  /** What the process that is gone told last. */
  lastKnown: Uint8Array
}

/** The newest version is lost, an older one is left; then the owner is gone. */
async function rolledBack (): Promise<Left> {
  const world = new World()
  const { owner, confidants } = await world.owned(6)
  await kept(world, owner, 'one')
  const stale = holdersAmong(confidants, owner).slice(0, 2)
  const others = confidants.filter(nara => !stale.includes(nara))
  world.net.partition([[owner.id, ...others.map(({ id }) => id)]], { lingerMs: 0 })
  await world.run(10_000)
  await kept(world, owner, 'two')
  const { watermark: lastKnown } = owner
  ;[owner, ...others].forEach(nara => { nara.kill() })
  await owner.restart({ lastKnown })
  world.net.partition([])
  stale.forEach(({ id }) => { world.net.connect(owner.id, id) })

  return { world, owner, lastKnown }
}

it('what is told of how new the stash is never goes back: not while an older version is taken, and what was decided is told', async () => {
  const { world, owner } = await rolledBack()
  expect(await world.settled(owner)).toBe('doubtful')
  await world.of(owner.stash.acceptOlder({ timeout: 10_000 }))
  await world.until(() => seqs(owner).length > 0)
  await world.run(10_000)

  expect(owner.text).toBe('one')
  expect(seqs(owner)).toEqual(['3'])
})

it('who starts fresh tells of what comes next', async () => {
  const { world, owner } = await rolledBack()
  expect(await world.settled(owner)).toBe('doubtful')
  await world.of(owner.stash.startFresh())
  await world.of(owner.put('anew', { timeout: 10_000 }))
  await world.run(10_000)

  expect(seqs(owner)).toEqual(['3'])
})

it('who finds what was known last tells it once more', async () => {
  const world = new World()
  const { owner } = await world.owned(3)
  await kept(world, owner, 'one')
  const { watermark: lastKnown } = owner
  owner.kill()
  await owner.restart({ lastKnown })
  world.net.connectAll()
  await world.settled(owner)
  await world.until(() => seqs(owner).length > 0)

  expect(seqs(owner)).toEqual(['1'])
})

it('who is told that nobody can hold anything of its stash tells of what it writes, whatever was known', async () => {
  const world = new World()
  const { owner, confidants } = await world.owned(3)
  await kept(world, owner, 'one')
  const { watermark: lastKnown } = owner
  ;[owner, ...confidants].forEach(nara => { nara.kill() })
  await Promise.all(confidants.map(async nara => await nara.restart()))
  await owner.restart({ fresh: true, lastKnown })
  world.net.connectAll()
  await kept(world, owner, 'anew')

  expect(seqs(owner)).toEqual(['2'])
})
