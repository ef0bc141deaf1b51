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
  TimeoutError: TOO_SLOW,
  AbortError: TOO_SLOW,
  NoValidAddressesError: 'this host cannot dial such an address',
  DialDeniedError: 'this host may not dial it'
}

/**
 * Why nobody answered as the wanted peer, in words for people: of several addresses each different reason once, always in the same order.
 *
 * @param error - what libp2p failed with
 */
export function dialReason (error: unknown): string {
  return [...new Set(reasons(error))].toSorted().join('; ')
}

function reasons (error: unknown): string[] {
  const { name = '', message = '', code = '', errors } = error as { name?: string, message?: string, code?: string, errors?: unknown[] }

  if (errors != null && errors.length > 0) {
    return errors.flatMap(reasons)
  }

  // noise tells by its text alone that the handshake proved another peer than the one that was dialled
  if (name === 'EncryptionFailedError' && /does not match expected remote identity/.test(message)) {
    return [OTHER_PEER]
  }

  return [CODES[code] ?? NAMES[name] ?? (message.slice(0, MAX_MESSAGE) || name || 'it failed')]
}
