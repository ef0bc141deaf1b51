/** Says on its LAN that there are 400 peers, and much that is no message at all. */
import { createSocket } from 'node:dgram'
import { randomBytes } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { writeResponse } from '../../../src/host/mdns/message.ts'

const service = '_nara-00000000._udp.local'
const socket = createSocket({ type: 'udp4', reuseAddr: true })

await new Promise<void>(resolve => socket.bind(5353, resolve))
socket.setMulticastInterface('10.78.0.9')

async function say (bytes: Uint8Array): Promise<void> {
  await new Promise(resolve => socket.send(bytes, 5353, '224.0.0.251', resolve))
}

for (let i = 0; i < 400; i++) {
  const peer = peerIdFromPrivateKey(await generateKeyPair('Ed25519')).toString()
  const response = writeResponse(service, `${i}.${service}`, [`/ip4/198.51.100.${i % 256}/tcp/80/p2p/${peer}`])
  const garbage = Uint8Array.from(response)

  garbage.set(randomBytes(20), i % (garbage.byteLength - 20))
  await say(response)
  await say(garbage)
  await say(Buffer.concat([Buffer.from('_nara-00000000'), randomBytes(i * 3)]))

  if (i % 20 === 0) {
    // a burst is lost in the sender's own buffers
    await setTimeout(10)
  }
}

socket.close()
