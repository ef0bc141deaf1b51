import { expect } from 'vitest'
import { kept, World } from './world.ts'
import type { Nara, NaraInit } from './world.ts'
import type { Merge, WriteOptions } from '../../src/api.ts'

export const both: Merge = (a, b) => new TextEncoder().encode([new TextDecoder().decode(a), new TextDecoder().decode(b)].toSorted().join('+'))

/** Nobody is told with which placement something was refused, as by peers that do not remember that. */
export function withoutPlacements (world: World): void {
  world.net.intercept(async (_from, _to, request, next) => {
    const answer = await next()

    if (request.type !== 'witness' || answer.type !== 'witnessed') {
      return answer
    }

    const { besidePlacement: _, ...rest } = answer

    return rest
  })
}

/** Writes what the holders refuse for the sake of what another process wrote. */
export async function putInVain (world: World, nara: Nara, text: string, options: WriteOptions = { timeout: 5_000 }): Promise<void> {
  await expect(world.of(nara.put(text, options))).rejects.toMatchObject({ name: 'TwinError' })
}

/** Another process with the owner's soul, which recovers from `others`. These speak with it from then on: it connected last. */
export async function recoveredTwin (world: World, owner: Nara, others: readonly Nara[], init: NaraInit = {}): Promise<Nara> {
  const twin = owner.twin(init)
  await twin.start()
  others.forEach(({ id }) => { world.net.connect(twin.process.port, id) })
  await world.settled(twin)

  return twin
}

/** Nobody is told which process asks, as by peers that do not know of twins. */
export function withoutBoots (world: World): void {
  world.net.intercept((_from, _to, request, next) => next(request.type === 'witness' ? { type: 'witness' } : request))
}

/** An owner with a kept stash, "one", and its twin that has recovered it: two processes with one soul. The confidants are connected with both. */
export async function twins (init: NaraInit = {}, other: NaraInit = {}, prepare: (world: World) => void = () => {}): Promise<{ world: World, owner: Nara, twin: Nara, confidants: Nara[] }> {
  const world = new World()
  prepare(world)
  const { owner, confidants } = await world.owned(3, init)
  await kept(world, owner, 'one')
  const twin = await recoveredTwin(world, owner, confidants, other)
  expect(twin.state).toBe('settled')

  return { world, owner, twin, confidants }
}
