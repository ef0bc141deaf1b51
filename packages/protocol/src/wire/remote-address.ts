import { CODE_IP4, CODE_IP6, CODE_P2P_CIRCUIT } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'

/** RFC 4291, section 2.5.5.2, as multiaddrs write it: the four bytes as two groups of hex digits. */
const MAPPED_IPV4 = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i

/**
 * The IP address a connection comes from. Undefined for transports without one, and behind a relay: the address in
 * there is the relay's. An IPv4 address that a dual-stack socket shows as IPv6 is given as IPv4, so that one host has one address.
 */
export function remoteAddress (addr: Multiaddr): string | undefined {
  const components = addr.getComponents()

  if (components.some(component => component.code === CODE_P2P_CIRCUIT)) {
    return undefined
  }

  const ip = components.find(component => component.code === CODE_IP4 || component.code === CODE_IP6)?.value

  return ip == null ? undefined : unmapped(ip)
}

function unmapped (ip: string): string {
  const groups = MAPPED_IPV4.exec(ip)?.slice(1).map(group => Number.parseInt(group, 16))

  return groups?.flatMap(group => [group >> 8, group & 0xff]).join('.') ?? ip
}
