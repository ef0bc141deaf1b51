import { BlockList } from 'node:net'
import { isOnMachine, placeOf, reachOf } from '../../policy/reach.ts'
import type { InterfaceAddress } from '../interfaces.ts'

/**
 * Where this nara can be reached by those on one link: at the addresses of that interface that it listens on.
 *
 * @param onLink - the addresses of the interface
 * @param listening - multiaddrs it listens on, those of all interfaces spelt out but for link-local ones, as libp2p does
 * @param configured - multiaddrs that it was told to listen on
 */
export function addressesOnLink (onLink: readonly InterfaceAddress[], listening: readonly string[], configured: readonly string[]): string[] {
  const hosts = new Set(onLink.map(({ address }) => address))
  const isEverywhere = configured.some(address => placeOf(address)?.host === '::')
  const linkLocal = onLink.filter(({ address, family }) => family === 6 && reachOf(address) === 'link')
  // libp2p leaves these out, though they are listened on like the loopback address
  const atLinkLocal = isEverywhere ? listening.filter(address => placeOf(address)?.host === '::1') : []
  const found = [
    ...listening.filter(address => hosts.has(placeOf(address)?.host ?? '')),
    ...linkLocal.flatMap(({ address }) => atLinkLocal.map(template => template.replace('/ip6/::1/', `/ip6/${address}/`)))
  ]

  // of use to others on this machine alone, who can tell that we are
  return found.length > 0 ? found : listening.filter(isOnMachine)
}

export interface HeardFrom {
  /** The interface on which it was heard, if that is known. */
  zone: string | undefined
  /** It came from this machine. */
  isOnMachine: boolean
}

/**
 * Of what a neighbour says of itself, what can be dialled from here: its link-local addresses on the interface where it was heard, its loopback if
 * it is on this machine.
 */
export function dialable (addresses: readonly string[], from: HeardFrom): string[] {
  return addresses.flatMap(address => {
    const place = placeOf(address)

    // a zone is of the machine that says it
    if (place == null || place.zone != null || place.host === '::' || place.host === '0.0.0.0' || (isOnMachine(address) && !from.isOnMachine)) {
      return []
    }

    if (reachOf(place.host) !== 'link' || !place.host.includes(':')) {
      return [address]
    }

    return from.zone == null ? [] : [`/ip6zone/${from.zone}${address}`]
  })
}

/** The interfaces whose network a sender's address is in; the one that its zone names, if it has one. */
export function interfacesTo (sender: string, addresses: readonly InterfaceAddress[]): string[] {
  const [host = '', zone] = sender.split('%')
  const family = host.includes(':') ? 6 : 4

  return zone != null ? [zone] : [...new Set(addresses.filter(({ cidr, ...own }) => own.family === family && isIn(host, cidr)).map(({ name }) => name))]
}

function isIn (host: string, cidr: string): boolean {
  const [network = '', prefix] = cidr.split('/')
  const type = host.includes(':') ? 'ipv6' : 'ipv4'
  const list = new BlockList()

  list.addSubnet(network, Number(prefix ?? (type === 'ipv6' ? 128 : 32)), type)

  return list.check(host, type)
}
