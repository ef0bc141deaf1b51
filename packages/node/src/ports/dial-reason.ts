import { reachOf } from '../policy/reach.ts'

/** Longest text of an error that is passed on as it is. Characters. */
const MAX_MESSAGE = 200

const OTHER_PEER = 'another peer answers there'
const NO_HANDSHAKE = 'the private-network key differs, or it is no libp2p peer'
const TOO_SLOW = 'no answer in time'

/** What the system says, by its code: errno(3) and getaddrinfo(3). */
const CODES: Record<string, string> = {
  ECONNREFUSED: 'connection refused',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  ENOTFOUND: 'nobody has that name',
  EAI_AGAIN: 'its name cannot be looked up now',
  ETIMEDOUT: TOO_SLOW,
  // a private network's cipher makes noise of what the other side says (libp2p specs, "Private networks"): it hangs up
  ECONNRESET: NO_HANDSHAKE,
  EPIPE: NO_HANDSHAKE
}

/** By the name of libp2p's error. */
const NAMES: Record<string, string> = {
  UnexpectedPeerError: OTHER_PEER,
  EncryptionFailedError: NO_HANDSHAKE,
  InvalidCryptoExchangeError: NO_HANDSHAKE,
  SilentPeerError: NO_HANDSHAKE,
  TimeoutError: TOO_SLOW,
  AbortError: TOO_SLOW,
  NoValidAddressesError: 'this host cannot dial such an address',
  DialDeniedError: 'this host may not dial it'
}

interface DialFailure {
  name?: string
  message?: string
  code?: string
  /** Of the system's errors: where it could not connect. */
  address?: string
  errors?: unknown[]
}

/**
 * Why nobody answered as the wanted peer, in words for people: of several addresses each different reason once, always in the same order. That nobody is at our own
 * loopback is no reason why a peer that has other addresses, too, cannot be reached.
 *
 * @param error - what libp2p failed with
 */
export function dialReason (error: unknown): string {
  const failures = flattened(error)
  const elsewhere = failures.filter(({ address = '' }) => reachOf(address) !== 'machine')

  return [...new Set((elsewhere.length > 0 ? elsewhere : failures).map(reason))].toSorted().join('; ')
}

function flattened (error: unknown): DialFailure[] {
  const { errors = [] } = error as DialFailure

  return errors.length > 0 ? errors.flatMap(flattened) : [error as DialFailure]
}

function reason ({ name = '', message = '', code = '' }: DialFailure): string {

  // noise tells by its text alone that the handshake proved another peer than the one that was dialled
  if (name === 'EncryptionFailedError' && /does not match expected remote identity/.test(message)) {
    return OTHER_PEER
  }

  return CODES[code] ?? NAMES[name] ?? (message.slice(0, MAX_MESSAGE) || name || 'it failed')
}
