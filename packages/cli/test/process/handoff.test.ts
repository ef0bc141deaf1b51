import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { comeBack, heard, HOLDS_NOTHING, IN_MEMORY, leave, met, metSince, peerId, scene } from './scene.ts'
import type { Scene } from './scene.ts'
import type { NaraDaemon } from '../support/nara-process.ts'

const TIMEOUT = 120_000

/** SPEC.md, "Repair by the holders". Milliseconds. */
const SURROGATE_DELAY = 20_000

/** A machine that takes longer to start a nara than its co-holders wait for it may do better the next time; not for ever. */
const TRIES = 3

interface Back extends Scene {
  /** The confidant that was killed, and its next process. */
  bo: NaraDaemon
  again: NaraDaemon
  others: NaraDaemon[]
  /** It would take a copy. */
  spare: NaraDaemon
}

/** The owner is dead, and one of three confidants was killed and started again: in time, as its co-holders saw it, or too late for what they wait. */
async function startedAgain (): Promise<Back & { took: number }> {
  const made = await scene(['bo', 'cleo', 'dev'], 'refilled')
  const { network, owner, holders } = made
  const [bo, ...others] = holders as [NaraDaemon, ...NaraDaemon[]]
  const [spare] = await network.startAll(['eli']) as [NaraDaemon]

  await Promise.all(others.map(async daemon => { await met(daemon, spare) }))
  await owner.kill()

  const killed = performance.now()

  await bo.kill()

  // what it held is gone, as with a disk that was replaced
  await rm(join(bo.dir, 'held'), { recursive: true })

  const again = network.start('bo', { dir: bo.dir, args: IN_MEMORY })
  const seen = await Promise.all(others.map(async daemon => await metSince(daemon, again, killed)))

  return { ...made, bo, again, others, spare, took: Math.max(...seen) - killed }
}

/** One that was in time: whatever is seen of it then is its co-holders' doing. */
async function backInTime (): Promise<Back> {
  const late: number[] = []

  while (late.length < TRIES) {
    const { took, ...back } = await startedAgain()

    if (took < SURROGATE_DELAY) {
      return back
    }

    late.push(Math.round(took))
    await Promise.all([back.witness, back.again, back.spare, ...back.others].map(async daemon => { await daemon.kill() }))
  }

  throw new Error(`a nara was never back within the ${SURROGATE_DELAY} ms for which its co-holders wait: it took ${late.join(', ')} ms`)
}

describe('a holder that is told to stop while the owner is dead', () => {
  it('stores elsewhere first, so that its copy is not missed, and says chau', async () => {
    const { network, owner, holders, soul } = await scene(['bo', 'cleo'], 'handed on', { args: IN_MEMORY })
    const [bo, cleo] = holders as [NaraDaemon, NaraDaemon]
    const [dev] = await network.startAll(['dev'], { args: IN_MEMORY }) as [NaraDaemon]
    const id = await peerId(bo)

    await Promise.all([met(bo, dev), met(cleo, dev), heard(cleo, bo), heard(dev, bo)])
    await owner.kill()
    expect(await leave(bo)).toBe(0)
    expect(await bo.until('leave')).toMatchObject({ handedOn: 1, left: [] })
    await Promise.all([cleo, dev].map(async daemon => await daemon.until('presence', ({ peer, kind }) => peer === id && kind === 'chau')))
    expect((await dev.status()).held.count).toBe(1)

    // it is the new one that counts from here on
    await cleo.kill()

    const back = comeBack({ network, soul })

    await back.until('stash:recovered')
    expect((await back.command(['get'])).stdout.toString()).toBe('handed on')
  }, TIMEOUT)

  it('ends with 3, and says whose, if there is nobody to take it', async () => {
    const { owner, holders: [bo] } = await scene(['bo'], 'the only copy', { args: ['--leave-timeout', '1s', ...IN_MEMORY] })
    const id = await peerId(owner)

    await owner.kill()
    await (bo as NaraDaemon).until('peer:disconnect', ({ peer }) => peer === id)
    expect(await leave(bo as NaraDaemon)).toBe(3)
    expect(await (bo as NaraDaemon).until('leave')).toMatchObject({ left: [id] })
    expect((bo as NaraDaemon).events.at(-1)?.event).toBe('stopped')
  }, TIMEOUT)

  it('leaves at once if the owner is there, which replaces it', async () => {
    const { network, owner, holders: [bo, cleo] } = await scene(['bo', 'cleo'], 'moved by its owner', { args: IN_MEMORY })
    const [dev] = await network.startAll(['dev'], { args: IN_MEMORY }) as [NaraDaemon]
    const id = await peerId(bo as NaraDaemon)

    await met(owner, dev)
    expect(await leave(bo as NaraDaemon)).toBe(0)
    await owner.until('confidant:remove', ({ peer }) => peer === id)
    expect((await owner.status('--wait', 'copies=2')).confidants.map(({ peerId }) => peerId).sort()).toEqual([await peerId(cleo as NaraDaemon), await peerId(dev)].sort())
  }, TIMEOUT)
})

describe('while the owner is dead', () => {
  it('a confidant that was killed and started again is given its copy back by the others, and nobody else is who would take it', async () => {
    const { network, owner, soul, bo, again, others, spare } = await backInTime()

    const first = await Promise.race([again, spare].map(async daemon => await daemon.until('held:stored').then(() => daemon)))

    expect(await peerId(first), 'who was given a copy first').toBe(await peerId(bo))
    expect(await again.until('held:stored')).toMatchObject({ owner: await peerId(owner), seq: '1' })
    expect((await again.status()).peerId).toBe(await peerId(bo))
    expect((await spare.status()).held.count).toBe(0)

    // what it was given is whole, and so is what it gives to who would have taken it
    await Promise.all(others.map(async daemon => { await daemon.kill() }))
    expect(await spare.until('held:stored')).toMatchObject({ owner: await peerId(owner), seq: '1' })
    await again.kill()

    const back = comeBack({ network, soul })

    await back.until('stash:recovered')
    expect((await back.command(['get'])).stdout.toString()).toBe('refilled')
  }, TRIES * TIMEOUT)

  it('a copy that is lost for good is made elsewhere, with a peer that was no confidant', async () => {
    const { network, owner, holders: [bo] } = await scene(['bo', 'cleo'], 'repaired by the confidants')
    const [dev] = await network.startAll(['dev']) as [NaraDaemon]
    const [eli] = await network.startAll(['eli'], { args: HOLDS_NOTHING }) as [NaraDaemon]

    await Promise.all([met(bo as NaraDaemon, dev), met(dev, eli)])
    await owner.kill()
    await bo?.kill()
    expect(await dev.until('held:stored')).toMatchObject({ owner: await peerId(owner), seq: '1' })
    expect((await eli.status()).held.count).toBe(0)
  }, TIMEOUT)
})
