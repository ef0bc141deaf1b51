import { RecordEnvelope, PeerRecord } from '@libp2p/peer-record'
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { MalformedError } from '@nara-stash/protocol'
import { testKey } from '@nara-stash/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_PRESENCE_BYTES } from '../src/constants.ts'
import { PresenceMessage } from '../src/pb/presence.ts'
import { decodePresence, encodePresence, openPeerRecord } from '../src/presence-message.ts'
import type { Presence } from '../src/presence-message.ts'

const plain: Presence = { kind: 'here', boot: '00'.repeat(8), n: 1, accepting: true, uptime: 0, maxBytes: 0, name: '' }

const presences: fc.Arbitrary<Presence> = fc.record({
  kind: fc.constantFrom('hey-there' as const, 'here' as const, 'chau' as const),
  boot: fc.uint8Array({ minLength: 8, maxLength: 8 }).map(bytes => Buffer.from(bytes).toString('hex')),
  n: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  accepting: fc.boolean(),
  uptime: fc.nat(2 ** 32 - 1),
  maxBytes: fc.maxSafeNat(),
  name: fc.constantFrom('', 'alice', 'Zoë', '日本', 'a'.repeat(64), '🦭'.repeat(16)),
  state: fc.constantFrom('searching' as const, 'recovering' as const, 'settled' as const, 'empty' as const, 'doubtful' as const),
  memory: fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
  peerRecord: fc.uint8Array({ maxLength: 200 }),
  watermark: fc.uint8Array({ maxLength: 2_048 }),
  onDisk: fc.constant(true as const),
  twin: fc.uint8Array({ minLength: 8, maxLength: 8 }).map(bytes => Buffer.from(bytes).toString('hex'))
}, { requiredKeys: ['kind', 'boot', 'n', 'accepting', 'uptime', 'maxBytes', 'name'] })

describe('a presence message', () => {
  it('comes back as it was', () => {
    for (const n of [2 ** 31, 2 ** 32 - 1, Number.MAX_SAFE_INTEGER]) {
      expect(decodePresence(encodePresence({ ...plain, n, maxBytes: n }))).toMatchObject({ n, maxBytes: n })
    }

    fc.assert(fc.property(presences, presence => {
      expect({ ...decodePresence(encodePresence(presence)) }).toEqual(presence)
    }), { numRuns: 500 })
  })

  it('counts whole seconds of uptime, up to what it has room for', () => {
    const told = (uptime: number): number => decodePresence(encodePresence({ ...plain, uptime })).uptime

    expect([12.9, 2 ** 32 - 1, 2 ** 40].map(told)).toStrictEqual([12, 2 ** 32 - 1, 2 ** 32 - 1])
  })

  it('has room for a dozen addresses', async () => {
    const { id, privateKey } = testKey(0)
    const multiaddrs = Array.from({ length: 12 }, (_, i) => multiaddr(`/ip6/2001:db8:1111:2222:3333:4444:5555:${(i + 4096).toString(16)}/tcp/65535`))
    const peerRecord = (await RecordEnvelope.seal(new PeerRecord({ peerId: peerIdFromString(id), multiaddrs }), privateKey)).marshal()

    expect(encodePresence({ ...plain, name: 'a'.repeat(64), n: Number.MAX_SAFE_INTEGER, peerRecord }).byteLength).toBeLessThan(MAX_PRESENCE_BYTES)
  })
})

describe('what no compatible peer would send', () => {
  const wire = (changes: Partial<PresenceMessage>): Uint8Array =>
    PresenceMessage.encode({ ...PresenceMessage.decode(encodePresence(plain)), ...changes })

  it.each([
    ['no kind', { kind: PresenceMessage.Kind.UNKNOWN }],
    ['a short boot', { boot: new Uint8Array(7) }],
    ['a long boot', { boot: new Uint8Array(9) }],
    ['a count of 0', { n: 0 }],
    ['a name of 65 bytes', { name: 'a'.repeat(65) }],
    ['a name that is not in NFC', { name: 'Zoe\u0308' }],
    ['a name with an escape', { name: '\u001b[31mred' }],
    ['a name with a line feed', { name: 'two\nlines' }],
    ['a name with a NUL', { name: 'a\u0000' }],
    ['a name with a C1 control', { name: 'a\u009b31m' }],
    ['a name with DEL', { name: '\u007f' }]
  ] as Array<[string, Partial<PresenceMessage>]>)('is malformed: %s', (_, changes) => {
    expect(() => decodePresence(wire(changes))).toThrow(MalformedError)
  })

  it.each([['kind', 0x08], ['state', 0x20], ['memory', 0x38]])('is malformed: an unknown %s', (_, tag) => {
    expect(() => decodePresence(Uint8Array.of(...encodePresence(plain), tag, 99))).toThrow(MalformedError)
  })

  it.each([['count', 0x18], ['largest stash', 0x40]])('is malformed: a %s of 2^53', (_, tag) => {
    expect(() => decodePresence(Uint8Array.of(...encodePresence(plain), tag, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10))).toThrow(MalformedError)
  })

  it('is malformed above 4 KiB, and only there', () => {
    const base = encodePresence({ ...plain, peerRecord: new Uint8Array(1_000) }).byteLength - 1_000
    const sized = (bytes: number): Uint8Array => encodePresence({ ...plain, peerRecord: new Uint8Array(bytes - base) })

    expect(sized(MAX_PRESENCE_BYTES).byteLength).toBe(MAX_PRESENCE_BYTES)
    expect(decodePresence(sized(MAX_PRESENCE_BYTES)).n).toBe(1)
    expect(() => decodePresence(sized(MAX_PRESENCE_BYTES + 1))).toThrow(MalformedError)
  })

  it('is never worse than malformed', () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.uint8Array({ minLength: MAX_PRESENCE_BYTES + 1, maxLength: MAX_PRESENCE_BYTES + 10 }),
      // a true message with some bytes wrong, or cut short
      fc.tuple(presences, fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }), fc.nat(400)).map(([presence, wrong, end]) => {
        const bytes = encodePresence(presence)
        wrong.forEach(([at, byte]) => { bytes[at % bytes.byteLength] = byte })

        return bytes.subarray(0, end)
      })
    )
    let understood = 0

    fc.assert(fc.property(garbage, bytes => {
      try {
        const { kind, boot, n, name, uptime, maxBytes } = decodePresence(bytes)
        understood++

        expect(['hey-there', 'here', 'chau']).toContain(kind)
        expect(boot).toMatch(/^[0-9a-f]{16}$/)
        expect([n, maxBytes, uptime].every(Number.isSafeInteger)).toBe(true)
        expect(new TextEncoder().encode(name).byteLength).toBeLessThanOrEqual(64)
        expect(name).not.toMatch(/\p{Cc}/u)
      } catch (err) {
        if (!(err instanceof MalformedError)) {
          throw err
        }
      }
    }), { numRuns: 3_000 })

    expect(understood).toBeGreaterThan(100)
  })

  it('is taken with fields that later versions add', () => {
    expect(decodePresence(Uint8Array.of(...encodePresence(plain), 0x7a, 1, 5))).toEqual(plain)
  })

})

describe('a signed peer record', () => {
  const [bob, eve] = [testKey(1), testKey(2)]
  const address = '/ip4/192.0.2.1/tcp/4001'
  const seal = async (of: typeof bob, by: typeof bob): Promise<Uint8Array> =>
    (await RecordEnvelope.seal(new PeerRecord({ peerId: peerIdFromString(of.id), multiaddrs: [multiaddr(address)] }), by.privateKey)).marshal()

  it('tells the addresses of who signed it', async () => {
    await expect(openPeerRecord(await seal(bob, bob), bob.id)).resolves.toStrictEqual([address])
  })

  it('is malformed if it speaks of, or for, somebody else', async () => {
    for (const [of, by, peer] of [[eve, eve, bob], [bob, eve, bob], [eve, bob, bob], [bob, eve, eve]] as const) {
      await expect(openPeerRecord(await seal(of, by), peer.id)).rejects.toThrow(MalformedError)
    }
  })

  it('tells nothing that was not signed, whatever was altered', async () => {
    let rejected = 0
    const envelope = await seal(bob, bob)
    const altered = fc.tuple(fc.nat(envelope.byteLength - 1), fc.integer({ min: 1, max: 255 }))

    await fc.assert(fc.asyncProperty(altered, async ([at, by]) => {
      const bytes = envelope.map((byte, i) => i === at ? byte ^ by : byte)

      try {
        // a field's wire type can be written in more than one way
        expect(await openPeerRecord(bytes, bob.id)).toStrictEqual([address])
      } catch (err) {
        expect(err).toBeInstanceOf(MalformedError)
        rejected++
      }
    }), { numRuns: 300 })

    expect(rejected).toBeGreaterThan(250)
  })

  it('is malformed if it is garbage', async () => {
    await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 100 }), async bytes => {
      await expect(openPeerRecord(bytes, bob.id)).rejects.toThrow(MalformedError)
    }), { numRuns: 200 })
  })
})
