import { createHash } from 'node:crypto'
import { multiaddr } from '@multiformats/multiaddr'
import { base32nopad } from '@scure/base'
import { CommandError } from '../cli/errors.ts'
import { parsePeerAddress } from '../config/addresses.ts'
import { settings } from '../config/settings.ts'
import { printable } from '../text/printable.ts'
import { ByteReader, lengthPrefixed } from './byte-reader.ts'

/** What a friend needs to meet a nara. */
export interface Invitation {
  network: string
  /** The 32 bytes of the private-network key, if the network has one: a secret. */
  key?: Uint8Array
  /** Full multiaddrs, with `/p2p/`. */
  addresses: string[]
}

/** A text that is no invitation, or not all of one. Its message never repeats the text. */
export class InvalidInvitationError extends CommandError {
  override name = 'InvalidInvitationError'

  constructor (message: string, hint = 'copy it again, all of it: it is one word that begins with nara-invite:') {
    super(message, { hint })
  }
}

const PREFIX = 'nara-invite:'
const VERSION = 1

/** Version, and the length of the body in two bytes: eight characters tell how long the whole is. */
const HEAD = 3
const HEAD_CHARACTERS = 8

/** Of SHA-256: one text in four thousand million passes by chance. */
const CHECKSUM = 4

/**
 * An invitation as one word: `nara-invite:` and Base32 (RFC 4648, without padding) of a version, the body's length (2 bytes, big-endian), the
 * body, and the first 4 bytes of SHA-256("nara-invite", all of that). The body is network, key (0 or 32 bytes), the number of peers, and for each its `/p2p/`
 * multiaddr, the number of its addresses and these, as bytes; each of them after its length in one byte.
 */
export function formatInvitation ({ network, key = new Uint8Array(0), addresses }: Invitation): string {
  const peers = byPeer(addresses)
  const body = Buffer.concat([
    lengthPrefixed(Buffer.from(network)),
    lengthPrefixed(key),
    Buffer.of(peers.size),
    ...[...peers].flatMap(([peer, places]) => [
      lengthPrefixed(multiaddr(peer).bytes),
      Buffer.of(places.length),
      ...places.map(place => lengthPrefixed(multiaddr(place).bytes))
    ])
  ])
  const bytes = Buffer.concat([Buffer.of(VERSION, body.length >> 8, body.length & 0xff), body])

  return PREFIX + base32nopad.encode(Buffer.concat([bytes, checksum(bytes)])).toLowerCase()
}

/**
 * Reads what `formatInvitation` made. Capitals, line breaks and spaces, as mail and typing bring them, do not matter.
 *
 * @throws {InvalidInvitationError} says what is wrong: no invitation, cut off, mistyped, of another version
 */
export function parseInvitation (text: string): Invitation {
  const letters = lettersOf(text)
  const head = letters.length < HEAD_CHARACTERS ? undefined : base32nopad.decode(letters.slice(0, HEAD_CHARACTERS))
  const [version, high = 0, low = 0] = head ?? []

  if (version != null && version !== VERSION && checked(letters) != null) {
    throw new InvalidInvitationError(`the invitation is of version ${version}; this program knows version ${VERSION}`, 'update nara-stash: nara-stash version')
  }

  const length = head == null ? HEAD_CHARACTERS : Math.ceil((HEAD + high * 256 + low + CHECKSUM) * 8 / 5)

  if (letters.length < length) {
    throw new InvalidInvitationError(`the invitation is cut off: after nara-invite: it has ${letters.length} of ${head == null ? 'its' : length} characters`)
  }

  if (letters.length > length) {
    throw new InvalidInvitationError(`there is more than an invitation: ${letters.length} characters after nara-invite:, of which ${length} are one`)
  }

  const bytes = checked(letters)

  if (bytes == null) {
    throw new InvalidInvitationError('the invitation has a typo: its checksum does not fit')
  }

  return parseBody(bytes.subarray(HEAD))
}

/** Whether a text that was given where a path belongs may be an invitation: it must not be repeated in a message then. */
export function looksLikeInvitation (text: string): boolean {
  return text.trim().toLowerCase().startsWith(PREFIX)
}

function byPeer (addresses: readonly string[]): Map<string, string[]> {
  const peers = new Map<string, string[]>()

  for (const address of addresses) {
    const at = address.lastIndexOf('/p2p/')
    const peer = address.slice(at)

    peers.set(peer, [...peers.get(peer) ?? [], address.slice(0, at)])
  }

  return peers
}

function lettersOf (text: string): string {
  const word = text.replaceAll(/\s/g, '').toUpperCase()

  if (word === '') {
    throw new InvalidInvitationError('there is no invitation: the text is empty')
  }

  if (!looksLikeInvitation(word)) {
    throw new InvalidInvitationError('this is no invitation: one begins with nara-invite:')
  }

  const letters = word.slice(PREFIX.length)
  const wrong = letters.search(/[^A-Z2-7]/)

  if (wrong !== -1) {
    const character = Array.from(letters.slice(wrong))[0] ?? ''
    const meant = { 0: '; the letter O, perhaps', 1: '; the letter I or L, perhaps', 8: '; the letter B, perhaps' }[character] ?? ''

    throw new InvalidInvitationError(`"${printable(character)}", character ${wrong + 1} after nara-invite:, does not occur in an invitation${meant}`)
  }

  return letters
}

/** The bytes without their checksum, if it fits. */
function checked (letters: string): Uint8Array | undefined {
  let bytes

  try {
    bytes = base32nopad.decode(letters)
  } catch {
    // bits that are left over are not zero, or the length cannot be
    return undefined
  }

  const content = bytes.subarray(0, -CHECKSUM)

  return bytes.length > CHECKSUM && checksum(content).equals(bytes.subarray(-CHECKSUM)) ? content : undefined
}

function checksum (bytes: Uint8Array): Buffer {
  return createHash('sha256').update('nara-invite').update(bytes).digest().subarray(0, CHECKSUM)
}

/** A checksum that fits does not say that who made it meant well. */
function parseBody (body: Uint8Array): Invitation {
  try {
    const reader = new ByteReader(body)
    const network = settings.network.parse(new TextDecoder('utf-8', { fatal: true }).decode(reader.prefixed()))
    const key = reader.prefixed()
    const addresses: string[] = []

    for (let peers = reader.byte(); peers > 0; peers--) {
      const peer = multiaddr(reader.prefixed()).toString()

      for (let places = reader.byte(); places > 0; places--) {
        addresses.push(parsePeerAddress(multiaddr(reader.prefixed()).toString() + peer))
      }
    }

    reader.end()

    if (key.length !== 0 && key.length !== 32) {
      throw new RangeError('a key has 32 bytes')
    }

    return { network, ...(key.length === 0 ? {} : { key: key.slice() }), addresses }
  } catch {
    throw new InvalidInvitationError('the invitation was made wrongly: its checksum fits, but what is in it is none', 'ask for another one')
  }
}
