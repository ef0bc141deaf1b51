import { VirtualClock } from '@nara-stash/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { TWIN_AFTER } from '../../../src/constants.ts'
import { MAX_WITNESSES, Witnesses } from '../../../src/services/owner/witnesses.ts'
import type { StashNetwork } from '@nara-stash/protocol'

let answer = 'witnessed'
const network: Pick<StashNetwork, 'ask' | 'peers'> = {
  peers: () => [],
  ask: async () => ({ type: answer }) as never
}

afterEach(() => { answer = 'witnessed' })

describe('witnesses', () => {
  it('have news from when they were first asked, and a moment, on', async () => {
    const clock = new VirtualClock()
    const witnesses = new Witnesses(clock, 'b0'.repeat(8), false)
    const { ask } = witnesses.listening(network)
    const start = clock.now()

    await ask('peer', { type: 'witness' })
    await clock.advance(60_000)
    await ask('peer', { type: 'witness' })

    expect(witnesses.isNewsTo('peer', start + TWIN_AFTER - 1)).toBe(false)
    expect(witnesses.isNewsTo('peer', start + TWIN_AFTER)).toBe(true)
  })

  it('have no news as long as they have seen nothing: their memory may have begun a moment ago, and be filled by others', async () => {
    const clock = new VirtualClock()
    const witnesses = new Witnesses(clock, 'b0'.repeat(8), false)
    const { ask } = witnesses.listening(network)
    const isNews = (): boolean => witnesses.isNewsTo('peer', clock.now())

    await ask('peer', { type: 'witness' })
    await clock.advance(TWIN_AFTER)
    expect(isNews()).toBe(true)

    // it was restarted
    answer = 'not-found'
    await ask('peer', { type: 'witness' })
    await clock.advance(60_000)
    expect(isNews()).toBe(false)
    expect(witnesses.hasAnswered('peer')).toBe(true)

    answer = 'witnessed'
    await ask('peer', { type: 'witness' })
    expect(isNews()).toBe(false)
    await clock.advance(TWIN_AFTER)
    expect(isNews()).toBe(true)
  })

  it('have no news of what they heard while they were away', async () => {
    const clock = new VirtualClock()
    const witnesses = new Witnesses(clock, 'b0'.repeat(8), false)
    const { ask } = witnesses.listening(network)

    await ask('peer', { type: 'witness' })
    await clock.advance(TWIN_AFTER)
    witnesses.connected('peer')
    expect(witnesses.hasAnswered('peer')).toBe(false)
    await ask('peer', { type: 'witness' })
    expect(witnesses.isNewsTo('peer', clock.now())).toBe(false)
    await clock.advance(TWIN_AFTER)
    expect(witnesses.isNewsTo('peer', clock.now())).toBe(true)
  })

  it('are so many at most, however many keys answer: the oldest are as who never answered', async () => {
    const clock = new VirtualClock()
    const witnesses = new Witnesses(clock, 'b0'.repeat(8), false)
    const { ask } = witnesses.listening(network)
    const asked = Array.from({ length: MAX_WITNESSES + 100 }, (_, i) => `peer ${i}`)

    for (const peer of asked) {
      await ask(peer, { type: 'witness' })
    }

    expect(asked.filter(peer => witnesses.isNewsTo(peer, clock.now() + TWIN_AFTER))).toStrictEqual(asked.slice(100))
  })
})
