import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { base58, concat, fromHex, hex } from './bytes.ts'

export interface Peer {
  name: string
  seed: Uint8Array
  publicKey: Uint8Array
  /** libp2p's protobuf of the public key. */
  publicKeyMessage: Uint8Array
  /** The multihash. */
  id: Uint8Array
  /** Base58. */
  text: string
  sign (message: Uint8Array): Uint8Array
}

/** PKCS #8 of an Ed25519 private key (RFC 8410, section 7), up to the seed. */
const PKCS8 = fromHex('302e020100300506032b657004220420')

/** libp2p's PublicKey message: type (08) Ed25519 (01), data (12) of 32 bytes (20). */
const KEY_MESSAGE = fromHex('08011220')

/** Identity multihash (00) of 36 bytes (24). */
const IDENTITY = fromHex('0024')

export function peerOf (name: string, seed: Uint8Array): Peer {
  const privateKey = createPrivateKey({ key: Buffer.from(concat(PKCS8, seed)), format: 'der', type: 'pkcs8' })
  const publicKey = new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32))
  const publicKeyMessage = concat(KEY_MESSAGE, publicKey)
  const id = concat(IDENTITY, publicKeyMessage)

  return {
    name,
    seed,
    publicKey,
    publicKeyMessage,
    id,
    text: base58(id),
    sign: message => new Uint8Array(sign(null, message, privateKey))
  }
}

export const owner = peerOf('owner', Uint8Array.from({ length: 32 }, (_, i) => i))
export const confidants = ['c1', 'c2', 'c3', 'c4'].map(byte => peerOf(byte, new Uint8Array(32).fill(parseInt(byte, 16))))
export const [c1, c2, c3, c4] = confidants as [Peer, Peer, Peer, Peer]
export const stranger = peerOf('stranger', new Uint8Array(32).fill(0xd1))

export function peerVectors (): object[] {
  return [owner, ...confidants, stranger].map(peer => ({
    name: peer.name,
    seed: hex(peer.seed),
    publicKey: hex(peer.publicKey),
    peerIdBytes: hex(peer.id),
    peerId: peer.text
  }))
}
