import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { isLinkLocal, isOnMachine, isSamePlace, placeOf, reachOf, worthDialling } from '../../src/policy/reach.ts'

/** As libp2p writes it. */
const written = (address: string): string => multiaddr(address).toString()

describe('how far an address reaches', () => {
  it.each([
    ['/ip4/127.0.0.1/tcp/1', 'machine'],
    ['/ip4/127.255.255.254/tcp/1', 'machine'],
    ['/ip4/0.0.0.0/tcp/1', 'machine'],
    ['/ip6/::1/tcp/1', 'machine'],
    ['/ip6/::/tcp/1', 'machine'],
    ['/ip6/::ffff:127.0.0.1/tcp/1', 'machine'],
    ['/ip6/::ffff:0.0.0.0/tcp/1', 'machine'],
    ['/dns4/localhost/tcp/1', 'machine'],
    ['/ip4/169.254.7.7/tcp/1', 'link'],
    ['/ip6/fe80::1/tcp/1', 'link'],
    ['/ip6/febf::1/tcp/1', 'link'],
    ['/ip6/::ffff:169.254.1.2/tcp/1', 'link'],
    ['/ip6zone/eth0/ip6/fe80::1/tcp/1', 'link'],
    ['/ip4/192.168.1.2/tcp/1', 'beyond'],
    ['/ip4/8.8.9.1/tcp/1', 'beyond'],
    ['/ip4/128.0.0.1/tcp/1', 'beyond'],
    ['/ip6/fec0::1/tcp/1', 'beyond'],
    ['/ip6/2a01:4f8::1/tcp/1', 'beyond'],
    ['/ip6/::ffff:8.8.9.1/tcp/1', 'beyond'],
    ['/dns4/fe80.example.org/tcp/1', 'beyond']
  ])('%s: %s', (address, reach) => {
    expect(reachOf(placeOf(written(address))?.host ?? '')).toBe(reach)
    expect([isLinkLocal(written(address)), isOnMachine(written(address))]).toEqual([reach === 'link', reach === 'machine'])
  })

  it('is not known of what has no host and port of its own', () => {
    expect(['/memory/1', '/unix/%2Fsock', '/p2p/x', 'address', '/ip4/192.0.2.1/tcp/1/p2p/x/p2p-circuit'].map(placeOf)).toEqual(Array(5).fill(undefined))
  })

  it('tells places apart by host, port and zone, not by who is there', () => {
    expect(isSamePlace('/ip4/192.0.2.1/tcp/1/p2p/a', '/ip4/192.0.2.1/tcp/1/p2p/b')).toBe(true)
    expect(isSamePlace('/ip4/192.0.2.1/tcp/1', '/ip4/192.0.2.1/tcp/2')).toBe(false)
    expect(isSamePlace('/ip6zone/eth0/ip6/fe80::1/tcp/1', '/ip6zone/eth1/ip6/fe80::1/tcp/1')).toBe(false)
  })
})

describe('what a peer says of where it is', () => {
  const lan = '/ip4/192.168.1.5/tcp/6272/p2p/us'

  it('leads to no loopback but that of a machine that we cannot leave either', () => {
    const claimed = ['/ip4/127.0.0.1/tcp/6379', '/ip4/0.0.0.0/tcp/6379', '/ip6/::1/tcp/1', '/dns4/localhost/tcp/1']

    expect(worthDialling(claimed, [lan])).toEqual([])
    expect(worthDialling(claimed, [])).toEqual([])
    expect(worthDialling(claimed, ['/ip4/127.0.0.1/tcp/4001', lan])).toEqual([])
    expect(worthDialling(claimed, ['/ip4/127.0.0.1/tcp/4001/p2p/us'])).toEqual(claimed)
  })

  it('leads nowhere at our own host and port', () => {
    expect(worthDialling(['/ip4/192.168.1.5/tcp/6272', '/ip4/192.168.1.5/tcp/6273', '/ip4/192.168.1.6/tcp/6272'], [lan]))
      .toEqual(['/ip4/192.168.1.5/tcp/6273', '/ip4/192.168.1.6/tcp/6272'])
  })

  it('needs a zone where it is a link-local address of IPv6', () => {
    expect(worthDialling(['/ip6/fe80::1/tcp/1', '/ip6zone/eth0/ip6/fe80::1/tcp/1', '/ip4/169.254.1.1/tcp/1'], [lan]))
      .toEqual(['/ip6zone/eth0/ip6/fe80::1/tcp/1', '/ip4/169.254.1.1/tcp/1'])
  })

  it('is left as it is where it has no host', () => {
    expect(worthDialling(['/memory/1', 'address'], [lan])).toEqual(['/memory/1', 'address'])
  })
})
