import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { multiaddr } from '@multiformats/multiaddr'
import type { AbortOptions, PrivateKey } from '@libp2p/interface'

/** The port that every simulated peer listens on. */
const TCP_PORT = 4001

/** A signed peer record (RFC 0003) with the one address of a simulated peer. */
export async function sealPeerRecord (privateKey: PrivateKey, address: string, options?: AbortOptions): Promise<Uint8Array> {
  const family = address.includes(':') ? 'ip6' : 'ip4'
  const peerId = peerIdFromPrivateKey(privateKey)
  const record = new PeerRecord({ peerId, multiaddrs: [multiaddr(`/${family}/${address}/tcp/${TCP_PORT}`)], seqNumber: 1n })

  return (await RecordEnvelope.seal(record, privateKey, options)).marshal()
}
