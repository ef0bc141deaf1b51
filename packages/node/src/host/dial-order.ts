import { BlockList, isIP } from 'node:net'
import { placeOf } from '../policy/reach.ts'
import { isVirtual } from './announced.ts'
import type { InterfaceAddress } from './interfaces.ts'

export interface DialOrderInit {
  /** Where the peer answered last. */
  worked?: string
  interfaces: readonly InterfaceAddress[]
}

/**
 * In which order the addresses of one peer are dialled: the one that worked last, those in a network that this machine is in, and those beyond. Those in the
 * network of a bridge to our own containers come last: each host has its own of these, under the same few numbers. IPv6 and IPv4 take turns (RFC 8305, section 4).
 */
export function dialOrder (addresses: readonly string[], { worked, interfaces }: DialOrderInit): string[] {
  const near = subnets(interfaces.filter(({ name, internal }) => !internal && !isVirtual(name)))
  const contained = subnets(interfaces.filter(({ name }) => isVirtual(name)))
  const left = [...new Set(addresses)].filter(address => address !== worked)
  const rank = (address: string): number => isIn(near, address) ? 0 : isIn(contained, address) ? 2 : 1

  return [
    ...addresses.filter(address => address === worked).slice(0, 1),
    ...[0, 1, 2].flatMap(wanted => alternating(left.filter(address => rank(address) === wanted)))
  ]
}

function subnets (interfaces: readonly InterfaceAddress[]): BlockList {
  const list = new BlockList()

  for (const { cidr, family } of interfaces) {
    const [network = '', length] = cidr.split('/')

    if (length != null) {
      list.addSubnet(network, Number(length), family === 6 ? 'ipv6' : 'ipv4')
    }
  }

  return list
}

function isIn (list: BlockList, address: string): boolean {
  const { host = '' } = placeOf(address) ?? {}
  const family = isIP(host)

  return family !== 0 && list.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

/** One of each family in turn, beginning with that of the first. */
function alternating (addresses: readonly string[]): string[] {
  const isSix = (address: string): boolean => (placeOf(address)?.host ?? '').includes(':')
  const first = addresses[0] == null || isSix(addresses[0])
  const [one, other] = [addresses.filter(address => isSix(address) === first), addresses.filter(address => isSix(address) !== first)]

  return one.length === 0 ? other : one.flatMap((address, i) => [address, ...other.slice(i, i === one.length - 1 ? undefined : i + 1)])
}
