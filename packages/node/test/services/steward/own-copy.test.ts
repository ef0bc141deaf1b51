import { VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { MAX_DUTY_HOLDERS } from '../../../src/constants.ts'
import { Duty } from '../../../src/services/steward/duty.ts'
import { LettingGo } from '../../../src/services/steward/letting-go.ts'
import { OwnerContact } from '../../../src/services/steward/owner-contact.ts'
import { TombstoneSpread } from '../../../src/services/steward/tombstone-spread.ts'
import { generated } from './generated.ts'
import type { StashState } from '../../../src/api.ts'
import type { Exchanges } from '../../../src/services/steward/exchanges.ts'
import type { Peers } from '../../../src/services/steward/peers.ts'
import type { HeldStash, NetworkPeer } from '@nara-stash/protocol'

const [self, owner, ...others] = generated(120) as [string, string, ...string[]]
const chosen = others.slice(0, 3)
const stash = { record: { owner, id: 'ab'.repeat(32) }, placement: { holders: chosen } } as unknown as HeldStash
const present = (...peers: string[]): Map<string, NetworkPeer> => new Map(peers.map(id => [id, { id, connection: `to ${id}`, since: 0 }]))

describe('a copy that is to go', () => {
  async function ended (isDue: boolean): Promise<{ drops: number, unmet: boolean, ending: boolean }> {
    const duty = new Duty(self, stash)
    let told = 0
    let drops = 0
    duty.know(stash, present(...chosen), 0)
    const lettingGo = new LettingGo({
      clock: new VirtualClock(),
      exchanges: { release: async () => ++told > 0 } as unknown as Exchanges,
      held: { get: () => stash, drop: async (_, __, options) => options?.isDue?.(stash) === true && ++drops > 0 },
      onDropped: () => {}
    })
    // asked once all have been told
    await lettingGo.end(duty, { reason: 'trimmed', why: 'others hold enough', isDue: () => isDue || told < chosen.length }, undefined)

    return { drops, unmet: duty.views().every(({ unmet }) => unmet), ending: duty.ending }
  }

  it('goes when the others were told', async () => {
    expect(await ended(true)).toStrictEqual({ drops: 1, unmet: false, ending: false })
  })

  it('stays if there is a reason by then, and the others hear of it', async () => {
    expect(await ended(false)).toStrictEqual({ drops: 0, unmet: true, ending: false })
  })
})

describe('the holders of a record', () => {
  it('are bounded, whoever is named; those that the owner chose and those that proved their copy stay', () => {
    const duty = new Duty(self, stash)
    duty.know(stash, new Map(), 0)
    const proved = others[10] as string
    const holder = duty.holder(proved, present(proved), 0)

    if (holder != null) {
      holder.audit = { ...holder.audit, provedAt: 1 }
    }

    others.slice(11).forEach(peer => { duty.holder(peer, present(peer), 2) })

    expect(duty.holders.size).toBe(MAX_DUTY_HOLDERS)
    expect([...duty.holders.keys()]).toStrictEqual(expect.arrayContaining([...chosen, proved]))
    expect(duty.holders.has(others.at(-1) as string)).toBe(true)
  })

  it('of which nobody can go take in nobody new but whom the owner chooses', () => {
    const duty = new Duty(self, stash)
    others.slice(3).forEach(peer => {
      const holder = duty.holder(peer, present(peer), 0)

      if (holder != null) {
        holder.busy = 1
      }
    })

    expect(duty.holders.size).toBe(MAX_DUTY_HOLDERS)
    duty.know(stash, new Map(), 1)
    expect(duty.holders.size).toBe(MAX_DUTY_HOLDERS + 3)
  })
})

describe('an owner that answered our offer', () => {
  function contact (state: StashState | undefined, heardAt: number): { settled: boolean } {
    const contact = new OwnerContact(new Map([[owner, { id: owner, connection: 'now', since: 100 }]]), {
      get: () => ({ id: owner, presence: state == null ? undefined : { state }, heardAt, bootedAfter: 0, addresses: [] }) as never
    })
    contact.dealt(owner)

    return contact.of(owner)
  }

  it('sees to its stash itself, unless it said, on this connection or before, that it is in doubt', () => {
    expect(contact(undefined, 0).settled).toBe(true)
    expect(contact('searching', 50).settled).toBe(true)
    expect(contact('settled', 150).settled).toBe(true)
    expect(contact('doubtful', 150).settled).toBe(false)
    expect(contact('doubtful', 50).settled).toBe(false)
  })
})

describe('the spreading of tombstones', () => {
  it('remembers nobody who has it, and none that is over', async () => {
    const kept = new Set(others)
    const spread = new TombstoneSpread({
      self,
      held: { tombstone: owner => kept.has(owner) ? stash : undefined },
      newest: { get: () => undefined },
      peers: { present: present(...chosen) } as unknown as Peers,
      exchanges: { offer: async () => ({ type: 'have' }) } as unknown as Exchanges
    })

    // everybody has it
    others.slice(0, 10).forEach(owner => { spread.begin(owner, []) })
    await Promise.resolve()
    await Promise.resolve()
    expect(spread.pending).toBe(0)

    // one is away
    others.slice(20, 30).forEach(owner => { spread.begin(owner, [others[40] as string]) })
    await Promise.resolve()
    await Promise.resolve()
    expect(spread.pending).toBe(10)
    others.slice(20, 30).forEach(owner => { kept.delete(owner) })
    spread.begin(others[50] as string, [others[40] as string])
    await Promise.resolve()
    await Promise.resolve()
    expect(spread.pending).toBe(1)
  })
})
