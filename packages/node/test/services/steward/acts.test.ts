import { seededRandom, VirtualClock } from '@nara-stash/testing'
import { expect, it } from 'vitest'
import { STORE_BACKOFF } from '../../../src/constants.ts'
import { Acts } from '../../../src/services/steward/acts.ts'
import { Duty } from '../../../src/services/steward/duty.ts'
import { generated } from './generated.ts'
import type { Exchanges } from '../../../src/services/steward/exchanges.ts'
import type { Holder } from '../../../src/services/steward/holder.ts'
import type { Peers } from '../../../src/services/steward/peers.ts'
import type { HeldStash } from '@nara-stash/protocol'

const [self, owner, peer] = generated(3) as [string, string, string]

it('whom a holder names is heeded if that one proved its copy, or is one that the owner chose', () => {
  const [, , , other, named] = generated(5) as [string, string, string, string, string]

  for (const [from, proved, isHeeded] of [[peer, false, true], [other, false, false], [other, true, true]] as const) {
    const clock = new VirtualClock()
    const stash = { record: { owner, id: 'cd'.repeat(32) }, placement: { holders: [peer], surrogates: 'any', allowed: [] } } as unknown as HeldStash
    const duty = new Duty(self, stash)
    const heeded: string[] = []
    const acts = new Acts({
      self,
      held: { get: () => stash, confirmed: () => {}, vouched: () => {} },
      coHolders: { note: (_: string, peer: string) => { heeded.push(peer); return true } },
      peers: { present: new Map() } as unknown as Peers,
      disks: { brought: () => {}, lacked: () => {}, proved: () => {} },
      exchanges: {} as Exchanges,
      clock,
      random: seededRandom(1),
      onRepaired: () => {},
      onAudited: () => {}
    })
    const holder = duty.holder(from, new Map(), 0) as Holder
    holder.names = [named]
    holder.audit = { ...holder.audit, ...(proved && { provedAt: 0 }) }
    acts.heed(duty, holder)

    expect(heeded).toStrictEqual(isHeeded ? [named] : [])
    expect(duty.holders.has(named)).toBe(isHeeded)
  }
})

it('who was to learn of us, and did not hear it, is told again, but not for ever; on another connection it is told anew', async () => {
  const clock = new VirtualClock()
  const stash = { record: { owner, id: 'cd'.repeat(32) }, placement: { holders: [peer] } } as unknown as HeldStash
  const duty = new Duty(self, stash)
  duty.know(stash, new Map([[peer, { id: peer, connection: 'one', since: 0 }]]), 0)
  const holder = duty.holders.get(peer) as Holder
  let inBetween = (): void => {}
  const acts = new Acts({
    self,
    held: { get: () => stash, confirmed: () => {}, vouched: () => {} },
    coHolders: { note: () => true },
    peers: {} as Peers,
    disks: { brought: () => {}, lacked: () => {}, proved: () => {} },
    exchanges: { show: async () => { inBetween() } } as unknown as Exchanges,
    clock,
    random: seededRandom(1),
    onRepaired: () => {},
    onAudited: () => {}
  })
  holder.unmet = true
  const waits: number[] = []

  while (holder.unmet) {
    await acts.offer(duty, holder)
    waits.push(holder.offerAfter)
  }

  expect(waits).toStrictEqual([...STORE_BACKOFF, STORE_BACKOFF.at(-1)])

  duty.connected({ id: peer, connection: 'two', since: 0 }, 0)
  inBetween = () => { duty.connected({ id: peer, connection: 'three', since: 0 }, 0) }
  await acts.offer(duty, holder)
  expect(holder).toMatchObject({ connection: 'three', offerAfter: 0, offerFailures: 0, shown: new Set(), busy: 0 })
})
