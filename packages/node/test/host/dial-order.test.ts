import fc from 'fast-check'
import { expect, it } from 'vitest'
import { dialOrder } from '../../src/host/dial-order.ts'
import type { InterfaceAddress } from '../../src/host/interfaces.ts'

const on = (name: string, cidr: string): InterfaceAddress => ({ name, address: cidr.split('/')[0]!, family: cidr.includes(':') ? 6 : 4, cidr, internal: name === 'lo' })
const interfaces = [on('lo', '127.0.0.1/8'), on('docker0', '172.17.0.1/16'), on('eth0', '192.168.1.5/24'), on('eth0', '2a01:4f8:1:1::5/64')]
const four = (host: string): string => `/ip4/${host}/tcp/6272/p2p/x`
const six = (host: string): string => `/ip6/${host}/tcp/6272/p2p/x`

it('begins with what worked last, then what is in a network of ours, and ends with bridges to containers', () => {
  expect(dialOrder([four('172.17.0.1'), four('8.8.9.1'), four('192.168.1.9'), four('10.1.1.1'), four('10.2.2.2')], { interfaces, worked: four('10.2.2.2') }))
    .toEqual([four('10.2.2.2'), four('192.168.1.9'), four('8.8.9.1'), four('10.1.1.1'), four('172.17.0.1')])
})

it('takes IPv6 and IPv4 in turn, within each kind', () => {
  expect(dialOrder([four('8.8.9.1'), four('8.8.9.2'), four('8.8.9.3'), six('2a00::1'), six('2a01:4f8:1:1::9'), four('192.168.1.9')], { interfaces }))
    .toEqual([six('2a01:4f8:1:1::9'), four('192.168.1.9'), four('8.8.9.1'), six('2a00::1'), four('8.8.9.2'), four('8.8.9.3')])
})

it('does without a subnet where there is none: names, zones, no interfaces', () => {
  const addresses = ['/dns4/nara.example.org/tcp/1', '/ip6zone/eth0/ip6/fe80::1/tcp/1', four('8.8.9.1')]

  expect(dialOrder(addresses, { interfaces: [] }).toSorted()).toEqual(addresses.toSorted())
})

it('leaves out none, and takes none twice', () => {
  const address = fc.oneof(fc.ipV4().map(four), fc.ipV6().map(six), fc.constant('/dns4/nara.example.org/tcp/1'))

  fc.assert(fc.property(fc.array(address), address, fc.nat(), (addresses, other, i) => {
    expect(dialOrder(addresses, { interfaces, worked: addresses[i % 4] ?? other }).toSorted()).toEqual([...new Set(addresses)].toSorted())
  }))
})
