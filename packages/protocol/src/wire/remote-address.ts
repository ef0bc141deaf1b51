import { CODE_IP4, CODE_IP6, CODE_P2P_CIRCUIT } from '@multiformats/multiaddr'
import { isLoopback } from '../trust.ts'
import type { Multiaddr } from '@multiformats/multiaddr'

const LOOPBACK = '127.0.0.1'

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

/**
 * The same, but an address that is one of our own is this machine's, and so loopback's: naras on one computer that met over its LAN
 * address are no more apart than on 127.0.0.1.
 */
export function remoteHost (addr: Multiaddr, own: readonly Multiaddr[]): string | undefined {
  const address = remoteAddress(addr)

  return address != null && own.some(ours => remoteAddress(ours) === address) && !isLoopback(address) ? LOOPBACK : address
}

function unmapped (ip: string): string {
  const groups = MAPPED_IPV4.exec(ip)?.slice(1).map(group => Number.parseInt(group, 16))

  return groups?.flatMap(group => [group >> 8, group & 0xff]).join('.') ?? ip
}
