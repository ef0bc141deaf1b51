import { holdersAmong, kept, World } from './world.ts'
import type { Nara, NaraInit } from './world.ts'

export interface Stashed {
  world: World
  owner: Nara
  confidants: Nara[]
  /** Those that have the stash, and the others. */
  holders: [Nara, Nara, Nara]
  spare: [Nara, ...Nara[]]
}

/** An owner whose stash is kept by three of so many others, all connected. */
export async function stashed (others = 6, init: NaraInit = {}, text = 'one'): Promise<Stashed> {
  const world = new World()
  const owner = await world.nara({ fresh: true, ...init })
  const confidants = await world.confidants(others, init)
  world.net.connectAll()
  await kept(world, owner, text)
  const holders = holdersAmong(confidants, owner) as Stashed['holders']

  return { world, owner, confidants, holders, spare: confidants.filter(nara => !holders.includes(nara)) as Stashed['spare'] }
}
