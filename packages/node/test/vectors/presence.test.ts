import { toString } from 'uint8arrays/to-string'
import { describe, expect, it } from 'vitest'
import { decodePresence, encodePresence, openPeerRecord } from '../../src/presence-message.ts'
import { bytesOf, committed } from './committed.ts'
import type { Presence } from '../../src/presence-message.ts'

const { address, foreignPeerRecord, laterField, messages, rejected } = committed('presence')

const alice = { boot: 'a1'.repeat(8), accepting: true, memory: 'medium', maxBytes: 1_048_576, name: 'alice' } as const

const MEANT: Record<string, Presence> = {
  'hey-there': { ...alice, kind: 'hey-there', n: 1, state: 'searching', uptime: 0 },
  here: { ...alice, kind: 'here', n: 120, state: 'settled', uptime: 3_600 },
  watermark: { ...alice, kind: 'here', n: 121, state: 'settled', uptime: 5_400 },
  chau: { ...alice, kind: 'chau', n: 122, state: 'settled', uptime: 5_420 },
  confidant: { kind: 'here', boot: 'b2'.repeat(8), n: 7, accepting: false, uptime: 86_400, memory: 'low', maxBytes: 1_048_576, name: '' },
  'on-disk': { kind: 'hey-there', boot: 'a1'.repeat(8), n: 1, accepting: true, uptime: 2, memory: 'low', maxBytes: 1_048_576, name: '', onDisk: true },
  twin: { ...alice, kind: 'here', n: 123, state: 'settled', uptime: 5_430, twin: 'b2'.repeat(8) }
}

describe('presence', () => {
  it.each(messages)('$name', ({ name, message, peerRecord, watermark }) => {
    const presence = {
      ...MEANT[name]!, ...(peerRecord != null && { peerRecord: bytesOf(peerRecord) }), ...(watermark != null && { watermark: bytesOf(watermark) })
    }

    expect(toString(encodePresence(presence), 'base16')).toBe(message)
    expect(decodePresence(bytesOf(message))).toEqual(presence)
  })

  it('tells by a signed peer record where its author can be dialled', async () => {
    const { from, peerRecord } = messages[0]!

    expect(await openPeerRecord(bytesOf(peerRecord!), from)).toEqual([address])
  })

  it('is heard, but not dialled, with a peer record that somebody else signed', async () => {
    const { peerRecord } = decodePresence(bytesOf(foreignPeerRecord))

    await expect(openPeerRecord(peerRecord!, messages[0]!.from)).rejects.toMatchObject({ name: 'MalformedError' })
  })

  it('may hold a field of a later version', () => {
    expect(decodePresence(bytesOf(laterField))).toMatchObject({ name: 'alice' })
  })

  it.each(rejected)('is rejected with $why', ({ message }) => {
    expect(() => decodePresence(bytesOf(message))).toThrow(expect.objectContaining({ name: 'MalformedError' }))
  })
})
