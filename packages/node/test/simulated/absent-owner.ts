import { holdersAmong, kept, World } from './world.ts'
import type { Nara, NaraInit, WorldInit } from './world.ts'

export interface Left {
  world: World
  owner: Nara
  /** Those that the owner chose. */
  holders: [Nara, Nara, Nara, ...Nara[]]
  /** All but the owner. */
  others: Nara[]
}

export interface LeftInit extends WorldInit {
  peers?: number
  owner?: NaraInit
  /** False where days pass: presence is what takes most of the time then. @default true */
  gossip?: boolean
}

/** An owner that has stored "one" with three of its peers and died. */
export async function ownerAway ({ peers = 8, owner: init = {}, gossip = true, ...world }: LeftInit = {}): Promise<Left> {
  const left = new World(world)
  const owner = await left.nara({ fresh: true, gossip, ...init })
  const confidants = await left.confidants(peers, { gossip })
  left.net.connectAll()
  await kept(left, owner, 'one', Math.min(init.target ?? 3, peers))
  owner.kill()
  await left.run(1_000)

  return { world: left, owner, holders: holdersAmong(confidants, owner) as Left['holders'], others: confidants }
}

/** Who holds what is `owner`'s. */
export function holdersNow ({ naras }: World, owner: Nara): Nara[] {
  return naras.filter(nara => nara.up && nara.holds(owner) != null)
}

/** Comes back with nothing but its soul, connected to all. */
export async function comesBack (world: World, owner: Nara): Promise<string | undefined> {
  await owner.restart()
  world.net.connectAll()
  await world.settled(owner)

  return owner.text
}
