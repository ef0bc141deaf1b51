import { generateKey } from '@libp2p/pnet'
import { afterEach, describe, expect, it } from 'vitest'
import { dialReason } from '../../src/ports/dial-reason.ts'
import { Loopback } from './loopback.ts'
import { until } from './until.ts'
import type { StashEvents } from '../../src/event-types.ts'

const loopback = new Loopback()

afterEach(async () => { await loopback.stop() })

describe('a bootstrap peer that cannot be met', () => {
  it('is told, with the reason: nobody there, another peer there, another private-network key', async () => {
    const psk = new Uint8Array(95)
    generateKey(psk)

    const other = await loopback.nara()
    const keyed = await loopback.nara({ psk })
    const gone = await loopback.nara()
    const [goneAt = ''] = gone.addresses
    const impostorAt = (other.addresses[0] ?? '').replace(other.peerId, keyed.peerId)
    await loopback.end(gone)

    const told: Array<StashEvents['peer:unreachable']['detail']> = []
    const nara = await loopback.nara({ start: false, bootstrap: [goneAt, impostorAt] })
    nara.stash.addEventListener('peer:unreachable', ({ detail }) => { told.push(detail) })
    await nara.start()
    await until(nara.stash, 'peer:unreachable', () => told.length === 2)

    expect(told.toSorted((a, b) => a.why.localeCompare(b.why))).toEqual([
      { peer: keyed.peerId, name: '', addresses: [impostorAt], why: 'another peer answers there' },
      { peer: gone.peerId, name: '', addresses: [goneAt], why: 'connection refused' }
    ])

    const outsider = await loopback.nara({ start: false, bootstrap: keyed.addresses })
    const heard = new Promise<StashEvents['peer:unreachable']['detail']>(resolve => {
      outsider.stash.addEventListener('peer:unreachable', ({ detail }) => { resolve(detail) })
    })
    await outsider.start()
    expect(await heard).toMatchObject({ peer: keyed.peerId, why: 'the private-network key differs, or it is no libp2p peer' })
    expect(outsider.stash.peers()).toMatchObject([
      { peerId: keyed.peerId, connected: false, lastError: 'the private-network key differs, or it is no libp2p peer' }
    ])
  })
})

describe('why a dial failed', () => {
  const named = (name: string, message = ''): Error => Object.assign(new Error(message), { name })

  it('names each reason once, in the same order whichever address was tried first', () => {
    const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
    const wrong = named('EncryptionFailedError', 'Payload identity key A does not match expected remote identity key B')

    expect(dialReason(new AggregateError([wrong, refused, refused]))).toBe('another peer answers there; connection refused')
    expect(dialReason(new AggregateError([refused, wrong]))).toBe('another peer answers there; connection refused')
  })

  it('tells a handshake that never ends, as with another private-network key, from a host that does not answer', () => {
    expect(dialReason(named('EncryptionFailedError', 'The operation was aborted due to timeout'))).toBe('the private-network key differs, or it is no libp2p peer')
    expect(dialReason(named('TimeoutError', 'The operation was aborted due to timeout'))).toBe('no answer in time')
  })

  it('is not that nobody is at our own loopback, where there are other addresses', () => {
    const refused = (address: string): Error => Object.assign(new Error(`connect ECONNREFUSED ${address}:1`), { code: 'ECONNREFUSED', address })
    const silent = named('TimeoutError')

    expect(dialReason(new AggregateError([refused('127.0.0.1'), refused('::1'), silent]))).toBe('no answer in time')
    expect(dialReason(new AggregateError([refused('127.0.0.1')]))).toBe('connection refused')
    expect(dialReason(new AggregateError([refused('192.0.2.1'), silent]))).toBe('connection refused; no answer in time')
  })

  it('passes on what is none of these, but not at any length', () => {
    expect(dialReason(new Error('x'.repeat(1_000)))).toBe('x'.repeat(200))
    expect(dialReason(named('OddError'))).toBe('OddError')
  })
})
