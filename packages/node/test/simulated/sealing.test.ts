import { afterEach, describe, expect, it, vi } from 'vitest'
import { kept, World } from './world.ts'
import type { Turns as RealTurns } from '../../src/services/owner/turns.ts'
import type * as Protocol from '@nara-stash/protocol'

/** What sealing a header waits for, as with a cipher on another thread, and whether what changes the stash has its turn. */
const sealing = vi.hoisted(() => ({ begin: async (): Promise<void> => {}, inTurn: true }))

vi.mock('@nara-stash/protocol', async (original) => {
  const real = await original<typeof Protocol>()

  return {
    ...real,
    sealHeader: async (...claims: Parameters<typeof Protocol.sealHeader>) => {
      await sealing.begin()

      return await real.sealHeader(...claims)
    }
  }
})

vi.mock('../../src/services/owner/turns.ts', async (original) => {
  const { Turns } = await original<{ Turns: typeof RealTurns }>()

  return {
    Turns: class extends Turns {
      override async run <T> (task: () => T | Promise<T>): Promise<T> {
        return sealing.inTurn ? await super.run(task) : await task()
      }
    }
  }
})

afterEach(() => {
  sealing.begin = async () => {}
  sealing.inTurn = true
})

/** A store gets nowhere, and its holders go, so that it is sealed anew; just before, the application writes something else. */
async function writeDuringReseal (): Promise<{ outcome: string, text: string | undefined, recovered: string | undefined }> {
  const world = new World({ latency: [5, 5] })
  const { owner, confidants } = await world.owned(6)
  await kept(world, owner, 'one')
  const stop = world.net.intercept((_from, _to, request, next) => request.type === 'store' ? undefined : next())
  // until it is no longer on its way
  await world.of(owner.put('two', { timeout: 1_500 }))
  stop()
  sealing.begin = async () => { await pause(world, 200) }
  const write = owner.put('three', { timeout: 60_000 })
  await world.run(10)
  confidants.filter(nara => owner.stash.confidants.includes(nara.id)).forEach(nara => { world.net.disconnect(owner.id, nara.id) })
  const { outcome } = await world.of(write)
  await world.until(() => owner.stash.status().copies.have === 3)
  const { text } = owner

  owner.kill()
  await owner.restart()
  world.net.connectAll()
  await world.settled(owner)

  return { outcome, text, recovered: owner.text }
}

async function pause (world: World, ms: number): Promise<void> {
  await new Promise<void>(resolve => { world.clock.setTimer(resolve, ms) })
}

describe('sealing that takes its time', () => {
  it('never lets a record with older data come after one with newer data', async () => {
    expect(await writeDuringReseal()).toEqual({ outcome: 'kept', text: 'three', recovered: 'three' })
  })

  it('would, if not everything had its turn', async () => {
    sealing.inTurn = false
    expect(await writeDuringReseal()).toMatchObject({ recovered: 'two' })
  })

  it('does not bring back what was cleared while it lasted', async () => {
    const world = new World()
    const { owner } = await world.owned(3)
    await kept(world, owner, 'one')
    sealing.begin = async () => { await pause(world, 5_000) }
    const write = expect(owner.put('two')).rejects.toMatchObject({ name: 'RecoveredFirstError' })
    await world.run(100)
    owner.stash.clearMyStash()
    await world.of(write)

    expect(owner.text).toBe('one')
    expect(owner.state).toBe('settled')
    expect(owner.aside).toEqual(['two'])
    await world.until(() => owner.stash.status().copies.have === 3)
  })
})

it('a stop answers the write that is being sealed; the next start distributes it', async () => {
  const world = new World()
  const { owner } = await world.owned(3)
  sealing.begin = async () => { await pause(world, 200) }
  const write = owner.put('one', { timeout: 10_000 })
  await world.run(100)
  await world.of(owner.stop())
  expect(await world.of(write, 1_000)).toMatchObject({ outcome: 'unstored', seq: '1', copies: 0 })

  await owner.start()
  world.net.connectAll()
  await world.until(() => owner.stash.status().copies.have === 3)
  expect(owner.text).toBe('one')
})
