import { CODE_IP4, CODE_IP6, CODE_P2P_CIRCUIT } from '@multiformats/multiaddr'
import type { Multiaddr } from '@multiformats/multiaddr'

const MAPPED_IPV4 = /^(?:::ffff:|0:0:0:0:0:ffff:)(\d+\.\d+\.\d+\.\d+)$/i

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

  return ip == null ? undefined : MAPPED_IPV4.exec(ip)?.[1] ?? ip
}
