import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { systemClock } from '@nara-stash/protocol'
import { TypedEventEmitter } from 'main-event'
import { expect, it } from 'vitest'
import { Libp2pDialler } from '../../src/ports/libp2p-dialler.ts'
import { openPeerRecord } from '../../src/presence-message.ts'

const privateKey = await generateKeyPair('Ed25519')
const peerId = peerIdFromPrivateKey(privateKey)
const other = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()

function dialler (own: string[]): { dialler: Libp2pDialler, dialled: string[], events: TypedEventEmitter<any> } {
  const dialled: string[] = []
  const events = new TypedEventEmitter<any>()

  return {
    dialled,
    events,
    dialler: new Libp2pDialler({
      peerId,
      privateKey,
      addressManager: { getAddresses: () => own.map(address => multiaddr(`${address}/p2p/${peerId.toString()}`)) },
      connectionManager: {
        openConnection: async targets => {
          dialled.push(...[targets].flat().map(String))

          return undefined as any
        }
      },
      events
    }, systemClock)
  }
}

it("dials neither our own host and port nor another machine's loopback, unless our user named it", async () => {
  const { dialler: port, dialled } = dialler(['/ip4/192.168.1.5/tcp/6272'])

  await port.dial(other, ['/ip4/127.0.0.1/tcp/6272', '/ip4/192.168.1.5/tcp/6272', '/ip4/192.168.1.6/tcp/6272'])
  expect(dialled.splice(0)).toEqual([`/ip4/192.168.1.6/tcp/6272/p2p/${other}`])

  await expect(port.dial(other, ['/ip4/127.0.0.1/tcp/6272'])).rejects.toThrow('it has no address that can be reached from here')
  expect(dialled).toEqual([])

  // the near end of a tunnel
  await port.dial(other, ['/ip4/127.0.0.1/tcp/7000', '/ip4/127.0.0.1/tcp/6272'], { given: ['/ip4/127.0.0.1/tcp/7000'] })
  expect(dialled).toEqual([`/ip4/127.0.0.1/tcp/7000/p2p/${other}`])
})

it('tells when we are elsewhere than the record said that was made last', async () => {
  const own = ['/ip4/192.168.1.5/tcp/6272']
  const { dialler: port, events } = dialler(own)
  let moves = 0
  port.onMove(() => { moves++ })

  expect(await openPeerRecord((await port.peerRecord())!, peerId.toString())).toEqual(own)
  events.safeDispatchEvent('self:peer:update')
  expect(moves).toBe(0)

  own.push('/ip4/10.0.0.5/tcp/6272')
  events.safeDispatchEvent('self:peer:update')
  expect(moves).toBe(1)
  await port.peerRecord()
  events.safeDispatchEvent('self:peer:update')
  expect(moves).toBe(1)
})
