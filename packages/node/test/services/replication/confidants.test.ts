import { createTrust, MAX_HOLDERS } from '@nara-stash/protocol'
import { testKey, VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { InvalidConfidantsError } from '../../../src/errors.ts'
import { candidatesAmong, checkConfidants } from '../../../src/services/replication/confidants.ts'
import { Copies } from '../../../src/services/replication/copies.ts'
import { PeerDirectory } from '../../../src/services/presence/peer-directory.ts'

const ids = Array.from({ length: 20 }, (_, i) => testKey(i).id)
const [self, a, b, c] = ids as [string, string, string, string]

describe('confidants that a user names', () => {
  it('may be any peers, in any order, or none', () => {
    expect(checkConfidants([b, a], self, createTrust())).toStrictEqual([b, a])
    expect(checkConfidants([], self, createTrust())).toStrictEqual([])
    expect(checkConfidants(ids.slice(1, MAX_HOLDERS + 1), self, createTrust())).toHaveLength(MAX_HOLDERS)
  })

  it.each([
    ['ourselves', [a, self], /itself|own/],
    ['doubles', [a, b, a], /twice/],
    ['more than a placement names', ids.slice(1, MAX_HOLDERS + 2), /17.*16/],
    ['no peer id', ['alice'], /"alice"/],
    ['a multiaddr', [`/ip4/127.0.0.1/tcp/1/p2p/${a}`], /peer id/],
    ['a URL', ['https://example.com'], /peer id/],
    ['nothing', [''], /peer id/],
    ['a peer id with a space', [`${a} `], /peer id/]
  ])('cannot be %s', (_, peers, message) => {
    expect(() => checkConfidants(peers, self, createTrust())).toThrow(InvalidConfidantsError)
    expect(() => checkConfidants(peers, self, createTrust())).toThrow(message)
  })

  it('cannot be denied, or missing from the allow list', () => {
    expect(() => checkConfidants([a, b], self, createTrust({ deny: [b] }))).toThrow(new RegExp(b))
    expect(() => checkConfidants([a, b], self, createTrust({ allow: [a] }))).toThrow(InvalidConfidantsError)
    expect(checkConfidants([a], self, createTrust({ allow: [a] }))).toStrictEqual([a])
  })
})

describe('candidates', () => {
  it('are the connected whom the lists admit, with what is known of them', async () => {
    const clock = new VirtualClock()
    const directory = new PeerDirectory(clock)
    const copies = new Copies(clock)
    const network = { peers: () => [{ id: a, connection: '', since: 0, address: '192.0.2.1' }, { id: b, connection: '', since: 0 }, { id: c, connection: '', since: 0 }] }

    directory.heard(a, { kind: 'here', boot: 'x', n: 1, accepting: false, uptime: 7, maxBytes: 1, name: '' })
    directory.heard(self, { kind: 'here', boot: 'x', n: 1, accepting: true, uptime: 9, maxBytes: 1, name: '' })
    copies.watch(b, network.peers()[1])
    copies.refused(b, 'at capacity', 60_000)

    expect(candidatesAmong({ network, directory, disks: { of: id => id === a ? 'said' : undefined }, trust: createTrust({ deny: [c] }) }, copies)).toStrictEqual([
      { id: a, uptime: 7, address: '192.0.2.1', accepting: false, disk: 'said' },
      { id: b, uptime: 0, refusedUntil: 60_000 }
    ])
  })
})
