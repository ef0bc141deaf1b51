import { VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { TWIN_AFTER } from '../../../src/constants.ts'
import { MAX_WITNESSES, Witnesses } from '../../../src/services/owner/witnesses.ts'
import type { StashNetwork } from '@nara-stash/protocol'

const network: Pick<StashNetwork, 'ask' | 'peers'> = {
  peers: () => [],
  ask: async () => ({ type: 'not-found' }) as never
}

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
