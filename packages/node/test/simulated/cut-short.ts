import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

/** Only the owner is spoken with: what holders tell each other, or have seen, would make up for the rules that these scenes are about. */
export function apart (world: World, owner: string): void {
  world.net.intercept((from, to, request, next) => (from !== owner && to !== owner) || request.type === 'witness' ? undefined : next())
}

/**
 * A store reaches one holder, all holders go, and the version is acknowledged by others under another placement. Had they the very record
 * that the first one has, an owner confirmed by the first placement would take it for cut short.
 *
 * @returns what the owner has in the end, and its state
 */
export async function acknowledgedElsewhere (): Promise<{ text: string | undefined, state: string }> {
  const world = new World({ latency: [5, 5] })
  const { owner, confidants } = await world.owned(3)
  apart(world, owner.id)
  await kept(world, owner, 'one')
  const [a, b, c] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]

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

  await owner.restart()
  world.net.connect(owner.id, a.id)
  world.net.connect(owner.id, c.id)
  await world.settled(owner)
  world.net.connect(owner.id, b.id)
  await world.run(10_000)
  world.net.connect(owner.id, d.id)
  world.net.connect(owner.id, e.id)
  await world.run(60_000)

  return { text: owner.text, state: owner.state }
}

/**
 * A version was acknowledged by two of three. One of them loses its memory, the other is away; the owner comes back to the older version, refills
 * the one that forgot, and comes back once more. That both now vouch for the older version must not count against the third.
 */
export async function vouchedForAfterRefill (): Promise<{ text: string | undefined, state: string }> {
  const world = new World({ latency: [5, 5] })
  const { owner, confidants } = await world.owned(3)
  apart(world, owner.id)
  await kept(world, owner, 'one')
  const [a, b, c] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
  world.net.disconnect(owner.id, c.id)
  const { outcome } = await world.of(owner.put('two'))
  owner.kill()

  if (outcome !== 'kept') {
    throw new Error(`"two" was ${outcome}`)
  }

  a.kill()
  await a.restart()
  await owner.restart()
  world.net.connect(owner.id, a.id)
  world.net.connect(owner.id, c.id)
  await world.settled(owner)
  await world.until(() => owner.stash.status().copies.have === 2)
  owner.kill()

  await owner.restart()
  world.net.connect(owner.id, a.id)
  world.net.connect(owner.id, c.id)
  await world.settled(owner)
  world.net.connect(owner.id, b.id)
  await world.run(60_000)

  return { text: owner.text, state: owner.state }
}

/**
 * A version was acknowledged by two of three; one of them loses its memory, the other is away. What the third has, an older version, is all that is found,
 * and the one that forgot must not count as if it vouched for that: the version that then turns up would be taken for cut short.
 *
 * @returns what the owner has in the end, and its state
 */
export async function forgottenByOne (): Promise<{ text: string | undefined, state: string }> {
  const world = new World({ latency: [5, 5] })
  const { owner, confidants } = await world.owned(3)
  apart(world, owner.id)
  await kept(world, owner, 'one')
  const [a, b, c] = holdersAmong(confidants, owner) as [Nara, Nara, Nara]
  world.net.disconnect(owner.id, c.id)
  const { outcome } = await world.of(owner.put('two'))
  owner.kill()

  if (outcome !== 'kept') {
    throw new Error(`"two" was ${outcome}`)
  }

  a.kill()
  await a.restart()
  await owner.restart()
  world.net.connect(owner.id, a.id)
  world.net.connect(owner.id, c.id)
  await world.settled(owner)
  world.net.connect(owner.id, b.id)
  await world.run(60_000)

  return { text: owner.text, state: owner.state }
}
