import { VirtualClock } from '@nara-stash/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_AUDIENCE, MAX_KNOWN_PEERS } from '../../../src/constants.ts'
import { PeerDirectory } from '../../../src/services/presence/peer-directory.ts'
import type { Presence } from '../../../src/presence-message.ts'

function presence (changes: Partial<Presence> = {}): Presence {
  return { kind: 'here', boot: 'boot 1', n: 1, accepting: true, uptime: 0, maxBytes: 1, name: 'bob', ...changes }
}

function directory (): { clock: VirtualClock, directory: PeerDirectory } {
  const clock = new VirtualClock()

  return { clock, directory: new PeerDirectory(clock) }
}

describe('what is news', () => {
  it('is what counts higher than anything heard of that boot', () => {
    fc.assert(fc.property(fc.array(fc.record({ boot: fc.constantFrom('a', 'b', 'c', 'd'), n: fc.integer({ min: 1, max: 6 }) })), heard => {
      const { directory: known } = directory()
      const highest = new Map<string, number>()

      for (const { boot, n } of heard) {
        expect(known.isNews('bob', presence({ boot, n }))).toBe(n > (highest.get(boot) ?? 0))
        highest.set(boot, Math.max(n, highest.get(boot) ?? 0))
      }
    }))
  })

  it('is counted per peer', () => {
    const { directory: known } = directory()

    expect(known.isNews('bob', presence({ n: 9 }))).toBe(true)
    expect(known.isNews('eve', presence({ n: 1 }))).toBe(true)
    expect(known.isNews('bob', presence({ n: 1 }))).toBe(false)
  })

  it('is remembered for the four latest boots of a peer, however many it invents', () => {
    const { directory: known } = directory()

    for (let i = 1; i <= 1_000; i++) {
      expect(known.isNews('bob', presence({ boot: `boot ${i}`, n: 7 }))).toBe(true)
    }

    for (const i of [997, 998, 999, 1_000]) {
      expect(known.isNews('bob', presence({ boot: `boot ${i}`, n: 7 }))).toBe(false)
    }

    expect(known.isNews('bob', presence({ boot: 'boot 996', n: 7 }))).toBe(true)
  })

  it('is remembered for as many peers as the directory holds', () => {
    const { directory: known } = directory()

    for (let i = 0; i <= MAX_KNOWN_PEERS; i++) {
      known.isNews(`peer ${i}`, presence())
    }

    expect(known.isNews('peer 1', presence())).toBe(false)
    expect(known.isNews('peer 0', presence())).toBe(true)
  })
})

describe('who is known', () => {
  it('is bounded: the longest unheard goes first', () => {
    const { directory: known } = directory()

    for (let i = 0; i < MAX_KNOWN_PEERS; i++) {
      known.heard(`peer ${i}`, presence())
    }

    known.heard('peer 0', presence({ n: 2 }))
    known.located('peer 1', ['/ip4/192.0.2.1/tcp/1'])
    known.heard('late', presence())

    expect(known.size).toBe(MAX_KNOWN_PEERS)
    expect(known.list()).toHaveLength(MAX_KNOWN_PEERS)
    expect(['peer 0', 'peer 1', 'peer 2', 'peer 3', 'late'].map(id => known.get(id) != null)).toStrictEqual([true, true, false, true, true])
  })

  it('is not displaced by any number of strangers, if it was met', () => {
    const { directory: known } = directory()
    const met = Array.from({ length: 100 }, (_, i) => `met ${i}`)
    known.isNews('met 0', presence({ n: 7 }))
    met.forEach(id => {
      known.located(id, ['address'])
      known.met(id)
    })

    for (let i = 0; i < 3 * MAX_KNOWN_PEERS; i++) {
      known.isNews(`forged ${i}`, presence())
      known.heard(`forged ${i}`, presence())
    }

    expect(known.size).toBe(MAX_KNOWN_PEERS)
    expect(met.every(id => known.get(id)?.addresses[0] === 'address')).toBe(true)
    // nor can what it said before be said for it once more
    expect(known.isNews('met 0', presence({ n: 7 }))).toBe(false)
  })

  it('keeps the addresses that our user named, before all others, however many are heard', () => {
    const { directory: known } = directory()
    known.located('bob', ['named'], 'given')

    for (let i = 0; i < 100; i++) {
      known.located('bob', [`heard ${i}`])
    }

    known.located('bob', ['also named'], 'given')
    expect(known.get('bob')?.given).toEqual(['named', 'also named'])
    expect(known.get('bob')?.addresses.slice(0, 3)).toEqual(['named', 'also named', 'heard 99'])
    expect(known.get('bob')?.addresses).toHaveLength(16)
  })

  it('keeps the addresses at which it was found, and those that it signed, before what anybody says', () => {
    const { directory: known } = directory()
    known.located('bob', ['signed before', 'signed still'], 'signed')
    known.workedAt('bob', 'worked')
    known.located('bob', ['signed still', 'signed'], 'signed')

    for (let i = 0; i < 100; i++) {
      known.located('bob', [`said ${i}`])
    }

    known.heard('bob', presence())
    expect(known.get('bob')?.addresses.slice(0, 4)).toEqual(['worked', 'signed still', 'signed', 'said 99'])
    expect(known.get('bob')?.addresses).toHaveLength(16)

    // what is signed no more is as good as anybody's word
    expect(known.get('bob')?.addresses).not.toContain('signed before')
  })

  it('keeps a few addresses at which it was found, the last first, and when', () => {
    const { clock, directory: known } = directory()
    const ports = ['1', '2', '3', '4', '5', '3']

    ports.forEach(port => { known.workedAt('bob', port) })
    clock.wallOffset = 0
    known.workedAt('bob', '4')

    expect(known.get('bob')?.worked.map(({ address }) => address)).toEqual(['4', '3', '5', '2'])
    expect(known.get('bob')?.worked[0]?.at).toBe('1970-01-01T00:00:00.000Z')
  })

  it('is bounded whatever is met: those met first stay', () => {
    const { directory: known } = directory()

    for (let i = 0; i < 3 * MAX_KNOWN_PEERS; i++) {
      known.met(`peer ${i}`)
      known.located(`peer ${i}`, [])
    }

    expect(known.size).toBe(MAX_KNOWN_PEERS)
    expect(['peer 0', 'peer 1000', `peer ${3 * MAX_KNOWN_PEERS - 1}`].map(id => known.get(id) != null)).toStrictEqual([true, true, true])
  })

  it('is counted as long as it is heard, and not without bound', async () => {
    const { clock, directory: known } = directory()
    const speak = (count: number): void => { Array.from({ length: count }, (_, i) => known.heard(`peer ${i}`, presence())) }
    speak(20)
    await clock.advance(10 * 60_000)
    speak(5)
    expect(known.alive).toBe(20)
    await clock.advance(10 * 60_000)
    expect(known.alive).toBe(5)
    speak(2_000)
    expect(known.alive).toBe(MAX_AUDIENCE)
  })

  it('has the name that it told last', () => {
    const { directory: known } = directory()
    known.located('bob', [])
    expect([known.name('bob'), known.name('eve')]).toStrictEqual(['', ''])

    known.heard('bob', presence())
    known.heard('bob', presence({ name: 'rob' }))
    expect(known.name('bob')).toBe('rob')
  })

  it('keeps its addresses over what it says, the latest first, each once, sixteen at most', () => {
    const { directory: known } = directory()
    known.located('bob', ['a', 'b'])
    known.heard('bob', presence())
    known.located('bob', ['c', 'a'])
    expect(known.get('bob')?.addresses).toStrictEqual(['c', 'a', 'b'])

    known.located('bob', Array.from({ length: 40 }, (_, i) => `${i}`))
    expect(known.get('bob')?.addresses).toStrictEqual(Array.from({ length: 16 }, (_, i) => `${i}`))
  })

  it('has a new boot if it had said something in another one', () => {
    const { directory: known } = directory()
    known.located('bob', ['a'])

    expect(known.heard('bob', presence())).toStrictEqual({ newBoot: false })
    expect(known.heard('bob', presence({ n: 2 }))).toStrictEqual({ newBoot: false })
    expect(known.heard('bob', presence({ boot: 'boot 2' }))).toStrictEqual({ newBoot: true })
  })
})

describe('the uptime of a peer', () => {
  it('is none if it has not said any', () => {
    const { directory: known } = directory()
    known.located('bob', ['a'])

    expect([known.uptime('bob'), known.uptime('eve')]).toStrictEqual([0, 0])
  })

  it('is its claim, and goes on', async () => {
    const { clock, directory: known } = directory()
    known.heard('bob', presence({ uptime: 3_600 }))
    await clock.advance(60_000)

    expect(known.uptime('bob')).toBe(3_660)
  })

  it('is never more than what it claimed first allows', async () => {
    const { clock, directory: known } = directory()
    known.heard('bob', presence({ kind: 'hey-there', uptime: 2 }))
    await clock.advance(60_000)
    known.heard('bob', presence({ n: 2, uptime: 1_000_000 }))

    expect(known.uptime('bob')).toBe(62)
  })

  it('is never more than since its boot before was heard, whatever it claims', async () => {
    const { clock, directory: known } = directory()
    known.heard('bob', presence({ uptime: 1_000_000 }))
    await clock.advance(60_000)
    known.heard('bob', presence({ boot: 'boot 2', uptime: 1_000_000 }))
    expect(known.uptime('bob')).toBe(60)

    await clock.advance(5_000)
    known.heard('bob', presence({ boot: 'boot 2', n: 2, uptime: 1_000_005 }))
    expect(known.uptime('bob')).toBe(65)
  })

  it('is its claim if that is less', async () => {
    const { clock, directory: known } = directory()
    known.heard('bob', presence({ uptime: 1_000 }))
    await clock.advance(600_000)
    known.heard('bob', presence({ boot: 'boot 2', kind: 'hey-there', uptime: 3 }))
    await clock.advance(1_000)

    expect(known.uptime('bob')).toBe(4)
  })

  it('does not depend on where it was found first', async () => {
    const { clock, directory: known } = directory()
    known.located('bob', ['a'])
    await clock.advance(1_000)
    known.heard('bob', presence({ uptime: 50 }))

    expect(known.uptime('bob')).toBe(50)
  })
})
