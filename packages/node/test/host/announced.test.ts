import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { expect, it } from 'vitest'
import { announced, withoutLinkLocal } from '../../src/host/announced.ts'
import type { InterfaceAddress } from '../../src/host/interfaces.ts'

const on = (name: string, address: string): InterfaceAddress => ({ name, address, family: address.includes(':') ? 6 : 4, cidr: `${address}/24`, internal: name === 'lo' })
const interfaces = [on('lo', '127.0.0.1'), on('docker0', '172.17.0.1'), on('br-0a1b', '172.18.0.1'), on('eth0', '192.168.1.5'), on('eth0', '2a01:4f8::5')]

it('tells what the user named first, and bridges to containers last', () => {
  expect(announced([
    '/ip4/127.0.0.1/tcp/1', '/ip4/172.17.0.1/tcp/1', '/ip4/172.18.0.1/tcp/1', '/ip4/192.168.1.5/tcp/1', '/ip6/2a01:4f8::5/tcp/1', '/dns4/nara.example.org/tcp/1'
  ], interfaces)).toEqual([
    '/dns4/nara.example.org/tcp/1', '/ip4/192.168.1.5/tcp/1', '/ip6/2a01:4f8::5/tcp/1', '/ip4/172.17.0.1/tcp/1', '/ip4/172.18.0.1/tcp/1'
  ])
})

it('tells nobody of link-local addresses, and of loopback only where there is nothing else', () => {
  const own = ['/ip4/127.0.0.1/tcp/1', '/ip6/::1/tcp/1', '/ip4/169.254.1.1/tcp/1', '/ip6/fe80::1/tcp/1', '/ip6zone/eth0/ip6/fe80::1/tcp/1']

  expect(announced(own, interfaces)).toEqual(['/ip4/127.0.0.1/tcp/1', '/ip6/::1/tcp/1'])
  expect(announced([...own, '/ip4/8.8.9.1/tcp/1'], interfaces)).toEqual(['/ip4/8.8.9.1/tcp/1'])
})

it('hands on no link-local address of others', () => {
  const id = peerIdFromString('12D3KooWMT9Z5UaS1QWjzP9NMtTVmbZfv95aTVyDGQjP2TezQ8gF')
  const multiaddrs = ['/ip4/192.168.1.5/tcp/1', '/ip4/169.254.1.1/tcp/1', '/ip6zone/eth0/ip6/fe80::1/tcp/1', '/ip6/fe80::1/tcp/1'].map(address => multiaddr(address))

  expect(withoutLinkLocal({ id, multiaddrs }).multiaddrs.map(String)).toEqual(['/ip4/192.168.1.5/tcp/1'])
})
