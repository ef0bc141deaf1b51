import { describe, expect, it } from 'vitest'
import { addressesOnLink, dialable, interfacesTo } from '../../../src/host/mdns/link-addresses.ts'
import type { InterfaceAddress } from '../../../src/host/interfaces.ts'

function own (name: string, cidr: string): InterfaceAddress {
  const [address = ''] = cidr.split('/')

  return { name, address, cidr, family: address.includes(':') ? 6 : 4, internal: name === 'lo' }
}

const eth0 = [own('eth0', '192.168.1.2/24'), own('eth0', 'fe80::2/64')]
const docker0 = [own('docker0', '172.17.0.1/16')]

describe('addressesOnLink', () => {
  const everywhere = ['/ip4/127.0.0.1/tcp/1', '/ip4/192.168.1.2/tcp/1', '/ip4/172.17.0.1/tcp/1', '/ip6/::1/tcp/2']

  it('are those of the interface, link-local ones too where it listens on all', () => {
    expect(addressesOnLink(eth0, everywhere, ['/ip4/0.0.0.0/tcp/0', '/ip6/::/tcp/0'])).toEqual(['/ip4/192.168.1.2/tcp/1', '/ip6/fe80::2/tcp/2'])
    expect(addressesOnLink(docker0, everywhere, ['/ip4/0.0.0.0/tcp/0'])).toEqual(['/ip4/172.17.0.1/tcp/1'])
    expect(addressesOnLink(eth0, everywhere, ['/ip4/0.0.0.0/tcp/0', '/ip6/::1/tcp/2'])).toEqual(['/ip4/192.168.1.2/tcp/1'])
  })

  it('are loopback where there is nothing else', () => {
    expect(addressesOnLink(eth0, ['/ip4/127.0.0.1/tcp/1'], ['/ip4/127.0.0.1/tcp/0'])).toEqual(['/ip4/127.0.0.1/tcp/1'])
  })
})

describe('dialable', () => {
  it('gives link-local addresses the zone in which they were heard', () => {
    const said = ['/ip4/192.168.1.3/tcp/1', '/ip6/fe80::3/tcp/1', '/ip4/169.254.3.3/tcp/1']

    expect(dialable(said, { zone: 'eth0', isOnMachine: false })).toEqual(['/ip4/192.168.1.3/tcp/1', '/ip6zone/eth0/ip6/fe80::3/tcp/1', '/ip4/169.254.3.3/tcp/1'])
    expect(dialable(said, { zone: undefined, isOnMachine: false })).toEqual(['/ip4/192.168.1.3/tcp/1', '/ip4/169.254.3.3/tcp/1'])
  })

  it('takes loopback from this machine alone, and nothing that leads nowhere', () => {
    const said = ['/ip4/127.0.0.1/tcp/1', '/ip6/::1/tcp/1', '/ip4/0.0.0.0/tcp/1', '/ip6/::/tcp/1', '/ip6zone/eth9/ip6/fe80::3/tcp/1', '/garbage', '']

    expect(dialable(said, { zone: 'eth0', isOnMachine: false })).toEqual([])
    expect(dialable(said, { zone: 'eth0', isOnMachine: true })).toEqual(['/ip4/127.0.0.1/tcp/1', '/ip6/::1/tcp/1'])
  })
})

describe('interfacesTo', () => {
  it('is the zone, or those whose network the sender is in', () => {
    const all = [...eth0, ...docker0, own('wlan0', '192.168.1.7/24'), own('eth0', 'fd00::2/64')]

    expect(interfacesTo('fe80::9%wlan0', all)).toEqual(['wlan0'])
    expect(interfacesTo('172.17.3.3', all)).toEqual(['docker0'])
    expect(interfacesTo('192.168.1.50', all)).toEqual(['eth0', 'wlan0'])
    expect(interfacesTo('fd00::9', all)).toEqual(['eth0'])
    expect(interfacesTo('203.0.113.1', all)).toEqual([])
  })
})
