import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { fromString } from 'uint8arrays/from-string'
import { toString } from 'uint8arrays/to-string'
import { InvalidOptionError } from './errors.ts'
import { placeOf } from './policy/reach.ts'

/** Everybody may listen anywhere; the system picks the port. */
const DEFAULT_LISTEN = ['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0']

/** A libp2p private-network key: 32 bytes. */
const PSK_DIGITS = /^[0-9a-f]{64}$/i

export interface BootstrapPeer {
  peer: string
  address: string
}

/**
 * @param self - our peer id, which an address may end in
 * @throws {InvalidOptionError}
 */
export function listenAddresses (listen: readonly string[] = DEFAULT_LISTEN, self: string): string[] {
  return [...listen].map(address => ownAddress('listen', address, self, '/ip4/0.0.0.0/tcp/0'))
}

/**
 * @param self - our peer id, which an address may end in
 * @throws {InvalidOptionError}
 */
export function announceAddresses (announce: readonly string[] = [], self: string): string[] {
  return announce.map(address => {
    const example = '/dns4/nara.example.org/tcp/4001'
    const own = ownAddress('announce', address, self, example)

    if (placeOf(own) == null) {
      throw new InvalidOptionError(`announce address "${address}" has no host and port; one looks like ${example}`)
    }

    return own
  })
}

/** Without our own peer id at its end. */
function ownAddress (option: string, address: string, self: string, example: string): string {
  let parsed: string

  try {
    parsed = multiaddr(address).toString()
  } catch (err) {
    throw new InvalidOptionError(`${option} address "${address}" is no multiaddr; one looks like ${example}`, { cause: err })
  }

  const named = /\/p2p\/([^/]+)$/.exec(parsed)

  if (named != null && named[1] !== self) {
    throw new InvalidOptionError(`${option} address "${address}" is another peer's; this nara is ${self}. Leave /p2p/ and what follows away`)
  }

  return parsed.slice(0, named?.index)
}

/**
 * @throws {InvalidOptionError}
 */
export function bootstrapPeer (address: string): BootstrapPeer {
  let peer: string | undefined

  try {
    peer = multiaddr(address).getComponents().findLast(({ name }) => name === 'p2p')?.value
  } catch (err) {
    throw new InvalidOptionError(`bootstrap address "${address}" is no multiaddr; one looks like /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW...`, { cause: err })
  }

  if (peer == null) {
    throw new InvalidOptionError(`bootstrap address "${address}" must end in /p2p/ and the peer's id`)
  }

  try {
    return { peer: peerIdFromString(peer).toString(), address }
  } catch (err) {
    throw new InvalidOptionError(`bootstrap address "${address}" must end in a peer id; one looks like 12D3KooW...`, { cause: err })
  }
}

/**
 * The 32 bytes of a private-network key: those in the third line of its file, however its lines end.
 *
 * @throws {InvalidOptionError} does not show the key
 */
export function pskBytes (psk: Uint8Array): Uint8Array {
  const [version, encoding, digits = ''] = toString(psk).split(/\r\n|\r|\n/)

  if (version !== '/key/swarm/psk/1.0.0/' || encoding !== '/base16/' || !PSK_DIGITS.test(digits)) {
    throw new InvalidOptionError('psk is no libp2p private-network key: it must hold three lines: /key/swarm/psk/1.0.0/, /base16/, and 64 hex digits')
  }

  return fromString(digits, 'base16')
}
