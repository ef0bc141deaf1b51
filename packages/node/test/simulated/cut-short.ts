import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

/** Only the owner is spoken with: what holders tell each other, or have seen, would make up for the rules that these scenes are about. */
export function apart (world: World, owner: string): void {
  world.net.intercept((from, to, request, next) => (from !== owner && to !== owner) || request.type === 'witness' ? undefined : next())
}

interface Kept {
  world: World
  owner: Nara
  holders: [Nara, Nara, Nara]
}

/** An owner with "one" at three holders, which speak with it alone. */
async function keptByThree (): Promise<Kept> {
  const world = new World({ latency: [5, 5] })
  const { owner, confidants } = await world.owned(3)
  apart(world, owner.id)
  await kept(world, owner, 'one')

  return { world, owner, holders: holdersAmong(confidants, owner) as Kept['holders'] }
}

/** The owner's next process meets these two, and settles. */
async function restartWith (world: World, owner: Nara, ...met: [Nara, Nara]): Promise<void> {
  await owner.restart()
  met.forEach(({ id }) => { world.net.connect(owner.id, id) })
  await world.settled(owner)
}

/** What the owner has in the end, and its state. */
export interface End {
  text: string | undefined
  state: string
}

/** Only `holder` gets "cut short" before the owner dies. */
export async function dieCutShort (world: World, owner: Nara, holder: Nara): Promise<void> {
  const stop = world.net.intercept((_from, to, request, next) => request.type === 'store' && to !== holder.id ? undefined : next())
  void owner.put('cut short').catch(() => {})
  await world.until(() => owner.stash.status().copies.have === 1)
  owner.kill()
  stop()
}

/**
 * A store reaches one holder, all holders go, and the version is acknowledged by others under another placement. Had they the very record
 * that the first one has, an owner confirmed by the first placement would take it for cut short.
 */
export async function acknowledgedElsewhere (): Promise<End> {
  const { world, owner, holders: [a, b, c] } = await keptByThree()

  // b stores it, but its answer is lost; a and c never hear of it
  const stop = world.net.intercept(async (_from, to, request, next) => {
    if (request.type === 'store' && [a.id, b.id, c.id].includes(to)) {
      if (to === b.id) {
        await next()
      }

      return undefined
    }

    return await next()
  })
  const put = owner.put('two', { timeout: 60_000 })
  await world.until(() => b.holds(owner) === owner.process.parts.owning?.own.current?.record.id)
  ;[a, b, c].forEach(nara => { world.net.disconnect(owner.id, nara.id) })
  const [d, e] = await world.confidants(2) as [Nara, Nara]
  world.net.connect(owner.id, d.id)
  world.net.connect(owner.id, e.id)
  const { outcome } = await world.of(put)
  owner.kill()
  stop()

  if (outcome !== 'kept') {
    throw new Error(`"two" was ${outcome}`)
  }

  await restartWith(world, owner, a, c)
  world.net.connect(owner.id, b.id)
  await world.run(10_000)
  world.net.connect(owner.id, d.id)
  world.net.connect(owner.id, e.id)
  await world.run(60_000)

  return { text: owner.text, state: owner.state }
}

/**
 * "two" was acknowledged by a and b of three. a loses its memory, b is away, and the owner's next process settles on what c has: the older version.
 */
async function backToTheOlder (): Promise<Kept> {
  const { world, owner, holders } = await keptByThree()
  const [a, , c] = holders
  world.net.disconnect(owner.id, c.id)
  const { outcome } = await world.of(owner.put('two'))
  owner.kill()

  if (outcome !== 'kept') {
    throw new Error(`"two" was ${outcome}`)
  }

  a.kill()
  await a.restart()
  await restartWith(world, owner, a, c)

  return { world, owner, holders }
}

/** What becomes of it when b, which alone has "two", turns up. */
async function turnsUp ({ world, owner, holders: [, b] }: Kept): Promise<End> {
  world.net.connect(owner.id, b.id)
  await world.run(60_000)

  return { text: owner.text, state: owner.state }
}

/** Before it turns up, the owner writes on top of the older version, and both who are here keep that. */
export async function writtenSince (): Promise<End> {
  const scene = await backToTheOlder()
  await kept(scene.world, scene.owner, 'three', 2)

  return await turnsUp(scene)
}

/**
 * The owner that came back to the older version refills the one that forgot, and comes back once more. That both now vouch for the older version
 * must not count against the third.
 */
export async function vouchedForAfterRefill (): Promise<End> {
  const scene = await backToTheOlder()
  const { world, owner, holders: [a, , c] } = scene
  await world.until(() => owner.stash.status().copies.have === 2)
  owner.kill()
  await restartWith(world, owner, a, c)

  return await turnsUp(scene)
}

/**
 * What c has, the older version, is all that is found, and the one that forgot must not count as if it vouched for that: the version that then turns up
 * would be taken for cut short.
 */
export async function forgottenByOne (): Promise<End> {
  return await turnsUp(await backToTheOlder())
}
