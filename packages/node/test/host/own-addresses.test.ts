import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { VirtualClock } from '@nara-stash/testing'
import { TypedEventEmitter } from 'main-event'
import { expect, it } from 'vitest'
import { InterfaceWatcher } from '../../src/host/interfaces.ts'
import { OwnAddresses } from '../../src/host/own-addresses.ts'
import type { InterfaceAddress } from '../../src/host/interfaces.ts'

const peerId = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
const address = (address: string): InterfaceAddress => ({ name: 'eth0', address, family: 4, cidr: `${address}/24`, internal: false })

it('looks at the interfaces and tells of a change, once', async () => {
  const clock = new VirtualClock()
  let there = [address('8.8.9.1')]
  const told: string[][] = []
  const watcher = new InterfaceWatcher({ clock, list: () => there })
  watcher.onChange(addresses => { told.push(addresses.map(({ address }) => address)) })
  watcher.start()

  await clock.advance(60_000)
  there = [address('8.8.9.1'), address('8.8.10.1')]
  await clock.advance(60_000)
  there = []
  await clock.advance(60_000)
  watcher.stop()
  there = [address('8.8.9.1')]
  await clock.advance(60_000)

  expect(told).toEqual([['8.8.9.1', '8.8.10.1'], []])
  expect(clock.pending).toBe(0)
})

it('takes the interfaces for unchanged while they cannot be looked at, and goes on looking', async () => {
  const clock = new VirtualClock()
  let list = (): InterfaceAddress[] => [address('8.8.9.1')]
  const told: string[][] = []
  const watcher = new InterfaceWatcher({ clock, list: () => list() })
  watcher.onChange(addresses => { told.push(addresses.map(({ address }) => address)) })
  watcher.start()

  list = () => { throw new Error('EMFILE') }
  await clock.advance(60_000)
  watcher.start()
  expect(watcher.addresses).toEqual([address('8.8.9.1')])
  list = () => [address('8.8.10.1')]
  await clock.advance(60_000)
  watcher.stop()

  expect(told).toEqual([['8.8.10.1']])
})

it('confirms what interfaces have and is listened on, at the start and with each change, and tells libp2p what is announced then', async () => {
  const clock = new VirtualClock()
  let there = [address('8.8.9.1'), address('169.254.1.1')]
  const confirmed = new Set<string>()
  const kept: string[][] = []
  const events = new TypedEventEmitter<any>()
  const watcher = new InterfaceWatcher({ clock, list: () => there })
  const own = new OwnAddresses({
    peerId,
    addressManager: {
      confirmObservedAddr: (addr, options) => { confirmed.add(`${addr.toString()} ${options?.type ?? ''}`) },
      getAddresses: () => there.map(({ address }) => multiaddr(`/ip4/${address}/tcp/1/p2p/${peerId.toString()}`)),
      getAddressesWithMetadata: () => [
        ...there.map(({ address }) => ({ multiaddr: multiaddr(`/ip4/${address}/tcp/1`), verified: false, type: 'transport' as const, expires: 0 })),
        { multiaddr: multiaddr('/ip4/9.9.9.9/tcp/1'), verified: false, type: 'observed' as const, expires: 0 }
      ]
    },
    peerStore: {
      patch: async (_, { multiaddrs = [] }) => {
        kept.push(multiaddrs.map(String))

        return undefined as any
      }
    },
    events,
    logger: { forComponent: () => Object.assign(() => {}, { error: () => {} }) as any }
  }, watcher)

  watcher.start()
  own.start()
  events.safeDispatchEvent('transport:listening')
  expect([...confirmed]).toEqual(['/ip4/8.8.9.1/tcp/1 transport'])

  there = [address('8.8.10.1')]
  await clock.advance(60_000)
  expect([...confirmed]).toEqual(['/ip4/8.8.9.1/tcp/1 transport', '/ip4/8.8.10.1/tcp/1 transport'])
  expect(kept).toEqual([['/ip4/8.8.10.1/tcp/1']])
  watcher.stop()
})
