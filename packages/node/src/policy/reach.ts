/** How far an address reaches: this machine, the link it is on, or beyond. */
export type Reach = 'machine' | 'link' | 'beyond'

/** Host and port of a multiaddr such as `/ip4/192.0.2.1/tcp/4001`. */
export interface Place {
  /** Address or name, without a zone. */
  host: string
  port: number
  /** The interface of a link-local address (RFC 4007), as the machine that dials calls it. */
  zone?: string
}

const PLACE = /^(?:\/ip6zone\/([^/]+))?\/(?:ip4|ip6|dns|dns4|dns6)\/([^/]+)\/(?:tcp|udp)\/(\d+)(?:\/|$)/

/** RFC 1122, section 3.2.1.3, and RFC 4291, sections 2.5.2, 2.5.3 and 2.5.5.2: the unspecified address leads to this machine, too. */
const MACHINE = [/^(?:127|0)\./, /^::1?$/, /^::ffff:(?:7f[0-9a-f]{2}:|(?:127|0)\.|0:)/i, /^localhost$/i]

/** RFC 3927 and RFC 4291, section 2.5.6. */
const LINK = [/^169\.254\./, /^fe[89ab][0-9a-f]:/i, /^::ffff:a9fe:/i]

/** Undefined for what has no host and port of its own: relayed, in memory. */
export function placeOf (address: string): Place | undefined {
  const [, zone, host, port] = address.includes('/p2p-circuit') ? [] : PLACE.exec(address) ?? []

  return host == null ? undefined : { host, port: Number(port), ...(zone == null ? {} : { zone }) }
}

export function reachOf (host: string): Reach {
  const fits = (pattern: RegExp): boolean => pattern.test(host)

  return MACHINE.some(fits) ? 'machine' : LINK.some(fits) ? 'link' : 'beyond'
}

/** A link-local address means another machine on each link: it is no use to anybody who was told of it from elsewhere. */
export function isLinkLocal (address: string): boolean {
  return reachOf(placeOf(address)?.host ?? '') === 'link'
}

export function isOnMachine (address: string): boolean {
  return reachOf(placeOf(address)?.host ?? '') === 'machine'
}

/** Whether two multiaddrs name the same host and port, whichever peer they say is there. */
export function isSamePlace (one: string, other: string): boolean {
  const a = placeOf(one)
  const b = placeOf(other)

  return a != null && b != null && a.host === b.host && a.port === b.port && a.zone === b.zone
}

/**
 * Of the addresses that a peer says it has, those worth a dial: not our own host and port, where nobody else can be, and not the loopback of another
 * machine. A peer that listens on loopback can only be on this machine if we are reachable there alone, too: naras that are elsewhere announce
 * where they are (SPEC.md, "Discovery").
 *
 * @param own - what we announce
 */
export function worthDialling (claimed: readonly string[], own: readonly string[]): string[] {
  const isAlone = own.length > 0 && own.every(isOnMachine)

  return claimed.filter(address => {
    const place = placeOf(address)

    if (place == null) {
      return true
    }

    // a link-local address of IPv6 says nothing without its zone
    const isComplete = !place.host.includes(':') || reachOf(place.host) !== 'link' || place.zone != null

    return isComplete && !own.some(ours => isSamePlace(ours, address)) && (isAlone || !isOnMachine(address))
  })
}
