import { describe, expect, it } from 'vitest'
import { recoveredTwin } from './twin.ts'
import { holdersAmong, kept, World } from './world.ts'
import type { Nara } from './world.ts'

async function stored (text = 'one'): Promise<{ world: World, owner: Nara, holders: Nara[], others: Nara[] }> {
  const world = new World({ latency: [20, 60] })
  const { owner, confidants } = await world.owned(4)
  await kept(world, owner, text)
  const holders = holdersAmong(confidants, owner)

  return { world, owner, holders, others: confidants.filter(nara => !holders.includes(nara)) }
}

describe('a drill', () => {
  it('recovers from the network what we have, says how long that takes, and changes nothing', async () => {
    const { world, owner } = await stored()
    const before = JSON.stringify(owner.stash.status())
    const events = owner.process.events.length
    const result = await world.of(owner.stash.drill())

    expect(result).toMatchObject({ outcome: 'identical', seq: '1', bytes: 3, answered: 4, of: 4, confirmed: true, holders: 3 })
    expect(result.ms.total).toBe(result.ms.settled + result.ms.body)
    expect(result.ms.body).toBeGreaterThanOrEqual(40)
    expect(result.ms.total).toBeLessThan(1_000)
    expect(JSON.stringify(owner.stash.status())).toBe(before)
    expect(owner.process.events).toHaveLength(events)
  })

  it('tells when an older version would come back, and when nothing would', async () => {
    const { world, owner, holders } = await stored()
    const stop = world.net.intercept((_from, _to, request, next) => request.type === 'store' ? undefined : next())
    await world.of(owner.put('two', { timeout: 1_000 }))
    expect(await world.of(owner.stash.drill())).toMatchObject({ outcome: 'older', seq: '1' })
    stop()
    await world.until(() => owner.stash.status().copies.have === 3)
    expect(await world.of(owner.stash.drill())).toMatchObject({ outcome: 'identical', seq: '2' })

    holders.forEach(nara => { nara.kill() })
    expect(await world.of(owner.stash.drill())).toMatchObject({ outcome: 'nothing', seq: null, bytes: 0, holders: 0, confirmed: false })
    expect(owner.text).toBe('two')
  })

  it('tells what would be taken without being sure of it, and what would be in doubt, from what is another version', async () => {
    const { world, owner, holders: [a, b, c] } = await stored()
    const stop = world.net.intercept(async (_from, to, request, next) => {
      const answer = await next()

      // as if others had brought their copies to these two
      return request.type === 'fetch' && to !== a?.id && answer.type === 'found' ? { ...answer, direct: false } : answer
    })
    const same = await world.of(owner.stash.drill())
    expect(same).toMatchObject({ outcome: 'same', doubt: null, seq: '1', confirmed: false, holders: 3 })
    expect(Object.values(same.ms).every(Number.isInteger)).toBe(true)
    stop()

    // somebody has seen what nobody shows: a start would not take what is here
    const twin = await recoveredTwin(world, owner, [a, b, c] as Nara[])
    const unheard = world.net.intercept((_from, _to, request, next) => request.type === 'store' ? undefined : next())
    await world.of(twin.put('two', { timeout: 1_000 }))
    const record = twin.process.parts.owning?.own.current?.record
    world.net.crash(twin.process.port)
    unheard()
    world.net.connectAll()
    world.net.intercept((_from, _to, request, next) => request.type === 'witness' && record != null ? { type: 'witnessed', record } : next())
    expect(await world.of(owner.stash.drill())).toMatchObject({ outcome: 'doubtful', doubt: 'ROLLBACK_SUSPECTED', seq: '1', bytes: 3 })
  })

  it('tells when there is nothing here to compare with', async () => {
    const { world, owner } = await stored()
    owner.kill()
    await owner.restart({ fresh: true })
    world.net.intercept((_from, _to, request, next) => request.type === 'offer' ? undefined : next())
    world.net.connectAll()
    await world.run(1)

    expect(await world.of(owner.stash.drill())).toMatchObject({ outcome: 'unmatched', seq: '1', confirmed: true })
  })

  it('ends at once when its nara stops, and can be run again after a start', async () => {
    const { world, owner } = await stored()
    const stop = world.net.intercept((_from, _to, request, next) => request.type === 'fetch' ? undefined : next())
    const ended = owner.stash.drill().catch((err: unknown) => ({ at: world.clock.now(), name: (err as Error).name }))
    await world.run(500)
    const asked = world.clock.now()
    const stopped = owner.stop()

    expect(await world.of(ended)).toEqual({ at: asked, name: 'StoppingError' })
    await world.of(stopped)
    await expect(owner.stash.drill()).rejects.toMatchObject({ name: 'StoppingError' })

    stop()
    await owner.start()
    world.net.connectAll()
    await world.settled(owner)
    expect(await world.of(owner.stash.drill())).toMatchObject({ outcome: 'identical', seq: '1' })
  })

  it('has nobody to ask where nobody is, or answers', async () => {
    const { world, owner, holders, others } = await stored()
    const stop = world.net.intercept(() => undefined)
    await expect(world.of(owner.stash.drill())).rejects.toMatchObject({ name: 'UnreachableError' })
    await expect(world.of(owner.stash.drill({ signal: AbortSignal.abort(new RangeError('enough')) }))).rejects.toThrow(RangeError)
    stop()
    ;[...holders, ...others].forEach(nara => { nara.kill() })
    await expect(world.of(owner.stash.drill())).rejects.toMatchObject({ name: 'UnreachableError' })
  })
})
