import { isLinkLocal, isOnMachine, placeOf } from '../policy/reach.ts'
import type { InterfaceAddress } from './interfaces.ts'
import type { PeerInfo } from '@libp2p/interface'

/** Interfaces that lead to containers and virtual machines of this host, by the names that their makers give them. */
const VIRTUAL = /^(?:docker|br-|veth|virbr|vmnet|vboxnet|vnet|cni|flannel|cali|lxc|lxd|podman|bridge1\d\d|vEthernet)/

/**
 * What a nara tells others of where it is, the addresses that are worth most to them first: those that its user named, then those of its interfaces,
 * and those of bridges to its own containers last. Link-local addresses mean something else on each link, and loopback on each machine: the former are not told, and the
 * latter only where there is nothing else.
 *
 * @param addresses - multiaddrs on which it listens, and those that its user named
 * @param interfaces - addresses of this machine
 */
export function announced (addresses: readonly string[], interfaces: readonly InterfaceAddress[]): string[] {
  const beyond = addresses.filter(address => !isLinkLocal(address) && !isOnMachine(address))
  const names = new Map(interfaces.map(({ name, address }) => [address, name]))
  const rank = (address: string): number => {
    const name = names.get(placeOf(address)?.host ?? '')

    return name == null ? 0 : isVirtual(name) ? 2 : 1
  }

  return beyond.length > 0 ? beyond.toSorted((a, b) => rank(a) - rank(b)) : addresses.filter(isOnMachine)
}

/** What mDNS told of this link leads elsewhere on another: the DHT neither hands it on nor takes it from others. */
export function withoutLinkLocal (peer: PeerInfo): PeerInfo {
  return { ...peer, multiaddrs: peer.multiaddrs.filter(address => !isLinkLocal(address.toString())) }
}

export function isVirtual (name: string): boolean {
  return VIRTUAL.test(name)
}
