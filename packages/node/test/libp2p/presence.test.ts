import { createSoul } from '@nara-stash/crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { PRESENCE_TOPIC } from '../../src/constants.ts'
import { encodePresence } from '../../src/presence-message.ts'
import { host, presenceService } from './host.ts'
import { Loopback } from './loopback.ts'
import { until } from './until.ts'
import type { StashEvents } from '../../src/api.ts'
import type { Nara } from '../../src/nara-types.ts'
import type { Presence } from '../../src/presence-message.ts'
import type { GossipSub } from '@libp2p/gossipsub'
import type { Libp2p } from '@libp2p/interface'

type Heard = Omit<StashEvents['presence']['detail'], 'boot'>

const loopback = new Loopback()

afterEach(async () => { await loopback.stop() })

/** Everything that `nara` hears from here on. */
function listening ({ stash }: Nara): Heard[] {
  const heard: Heard[] = []
  stash.addEventListener('presence', ({ detail }) => { heard.push(detail) })

  return heard
}

const pubsubOf = ({ libp2p }: Nara): GossipSub => (libp2p as Libp2p<{ pubsub: GossipSub }>).services.pubsub

async function heardBy (nara: Nara, heard: Heard[], wanted: Heard): Promise<void> {
  await until(nara.stash, 'presence', () => heard.some(({ peer, name, kind }) => peer === wanted.peer && name === wanted.name && kind === wanted.kind), `${nara.name} hears ${wanted.kind}`)
}

describe('presence over gossipsub', () => {
  it('brings hey-there, and chau, with the name, to all', async () => {
    const naras = await loopback.naras(5)
    const ears = naras.map(nara => [nara, listening(nara)] as const)
    const alice = await loopback.nara({ soul: createSoul({ name: 'alice' }), bootstrap: naras[0].addresses })
    const said = (kind: Heard['kind']): Heard => ({ peer: alice.peerId, name: 'alice', kind })

    await Promise.all(ears.map(async ([nara, heard]) => { await heardBy(nara, heard, said('hey-there')) }))
    await until(pubsubOf(alice), ['subscription-change'], () => pubsubOf(alice).getSubscribers(PRESENCE_TOPIC).length === naras.length)
    await loopback.end(alice)
    await Promise.all(ears.map(async ([nara, heard]) => { await heardBy(nara, heard, said('chau')) }))
  })

  it('tells of the others\' state, room and uptime', async () => {
    const [a, b] = await loopback.naras(2, { memory: 'medium' })
    const seen = (): unknown => a.stash.peers().find(({ peerId }) => peerId === b?.peerId)
    await until(a.stash, 'presence', () => a.stash.peers().some(({ peerId, uptime }) => peerId === b?.peerId && uptime != null))

    expect(seen()).toMatchObject({
      name: b?.name, connected: true, address: '127.0.0.1', accepting: true, memory: 'medium', state: 'empty', confidant: false, held: false
    })
  })

  it('neither believes nor passes on what is malformed, and ignores what is not newer', async () => {
    const near = await loopback.nara({ minConnections: 0 })
    const far = await loopback.nara({ minConnections: 0 })
    const stranger = loopback.keep(await host({ services: { pubsub: presenceService() } })) as Libp2p<{ pubsub: GossipSub }>
    await near.libp2p.dial(far.libp2p.getMultiaddrs())
    await stranger.dial(near.libp2p.getMultiaddrs())
    const { pubsub } = stranger.services
    pubsub.subscribe(PRESENCE_TOPIC)

    const heardNear = listening(near)
    const heardFar = listening(far)
    const passedOn: Uint8Array[] = []
    pubsubOf(far).addEventListener('gossipsub:message', ({ detail: { msg } }) => {
      if (msg.type === 'signed' && msg.from.equals(stranger.peerId)) {
        passedOn.push(new Uint8Array(msg.data))
      }
    })
    await until(pubsubOf(near), ['subscription-change', 'gossipsub:graft'], () => pubsubOf(near).getSubscribers(PRESENCE_TOPIC).length === 2)
    await until(pubsub, ['subscription-change', 'gossipsub:graft'], () => pubsub.getSubscribers(PRESENCE_TOPIC).length === 1)

    const honest: Presence = { kind: 'hey-there', boot: '0011223344556677', n: 5, accepting: true, uptime: 1, maxBytes: 1, name: 'mallory' }
    const encoded = encodePresence(honest)
    const later = encodePresence({ ...honest, kind: 'here', n: 7, name: 'mallory' })
    const messages = [
      new Uint8Array(0),
      new TextEncoder().encode('hey there'),
      encoded.subarray(0, -3),
      Uint8Array.of(...encoded.subarray(0, -1), 0xff),
      new Uint8Array(4097).fill(1),
      encodePresence({ ...honest, n: 0 }),
      encodePresence({ ...honest, boot: '00' }),
      encodePresence({ ...honest, name: 'a\u0007b' }),
      encodePresence({ ...honest, name: 'n'.repeat(65) }),
      encodePresence({ ...honest, name: 'e\u0301' }),
      encoded,
      encodePresence({ ...honest, n: 4 }),
      encodePresence({ ...honest, kind: 'chau' }),
      later
    ]

    for (const message of messages) {
      await pubsub.publish(PRESENCE_TOPIC, message)
    }

    // streams keep the order, so the last one tells that all others were dealt with
    const last = { peer: stranger.peerId.toString(), name: 'mallory', kind: 'here' } as const
    await Promise.all([heardBy(near, heardNear, last), heardBy(far, heardFar, last)])
    const kinds = (heard: Heard[]): string[] => heard.filter(({ peer }) => peer === last.peer).map(({ kind }) => kind)
    expect(kinds(heardNear)).toEqual(['hey-there', 'here'])
    expect(kinds(heardFar)).toEqual(['hey-there', 'here'])
    expect(passedOn).toEqual([encoded, later])
  })
})
