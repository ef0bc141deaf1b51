import { expect } from 'vitest'
import { kept, World } from './world.ts'
import type { Nara, NaraInit } from './world.ts'

export interface Rollback {
  world: World
  owner: Nara
  /** They hold the old version. */
  stale: Nara[]
  /** They held the newest, and are gone. */
  gone: Nara[]
  /** It holds nothing, and has heard how new the newest is. */
  witness: Nara
  /** It holds the newest, and nobody can reach it before the network heals. */
  away: Nara
  /** The header that the owner's daemon would leave. */
  lastKnown: Uint8Array
}

/**
 * Two holders are cut off; the owner goes on with others, which keep the newest version, and tells its watermark. Then all but those two, and one who only
 * heard of it, are gone. What is left would confirm the old version.
 */
export async function rollback (init: NaraInit = {}, text = 'two'): Promise<Rollback> {
  const world = new World()
  const { owner, confidants } = await world.owned(6, init)
  await kept(world, owner, 'one')
  const stale = confidants.filter(nara => nara.holds(owner) != null).slice(0, 2)
  const others = confidants.filter(nara => !stale.includes(nara))
  world.net.partition([[owner.id, ...others.map(({ id }) => id)]], { lingerMs: 0 })
  await world.run(10_000)
  await world.until(() => owner.stash.status().copies.have === 3)
  expect((await world.of(owner.put(text))).outcome).toBe('kept')
  await world.until(() => owner.stash.status().copies.have === 3)
  // HERE is said every half a minute
  await world.run(90_000)
  const [away, ...gone] = others.filter(nara => nara.holds(owner) != null) as [Nara, ...Nara[]]
  const [witness] = others.filter(nara => nara.holds(owner) == null) as [Nara]
  const { watermark: lastKnown } = owner

  ;[owner, ...gone].forEach(nara => { nara.kill() })
  world.net.partition([[away.id]], { lingerMs: 0 })
  await owner.restart(init)
  await Promise.all(gone.map(async nara => await nara.restart()))

  return { world, owner, stale, gone, witness, away, lastKnown }
}

export async function meet ({ world, owner, stale, gone, witness }: Rollback): Promise<void> {
  [...stale, ...gone, witness].forEach(({ id }) => { world.net.connect(owner.id, id) })
  await world.settled(owner)
}
