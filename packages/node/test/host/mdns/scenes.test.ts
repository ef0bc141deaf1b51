import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Lan } from '../../../../cli/test/lan/lan.ts'
import type { MdnsStatus } from '../../../src/nara-types.ts'

const script = fileURLToPath(new URL('peer-process.ts', import.meta.url))

interface Line {
  peer?: string
  found?: string
  at?: string[]
  status?: MdnsStatus
}

/** A process on a host that finds others. */
class Peer {
  readonly lines: Line[] = []
  private readonly child
  private wake = Promise.withResolvers<undefined>()

  constructor (wrapper: readonly string[], ...args: string[]) {
    const [command = '', ...rest] = [...wrapper, process.execPath, script, ...args]
    this.child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'inherit'] })

    createInterface({ input: this.child.stdout }).on('line', line => {
      this.lines.push(JSON.parse(line) as Line)
      this.wake.resolve(undefined)
      this.wake = Promise.withResolvers()
    })
    onTestFinished(() => { this.child.kill('SIGKILL') })
  }

  /** The first line that fits, of those after the first `from`. */
  async until (fits: (line: Line) => boolean, from = 0): Promise<Line> {
    for (;;) {
      const line = this.lines.slice(from).find(fits)

      if (line != null) {
        return line
      }

      await this.wake.promise
    }
  }

  async id (): Promise<string> {
    return (await this.until(({ peer }) => peer != null)).peer!
  }

  /** Where the other one is, once it is found. */
  async finds (other: Peer, fits: (at: string[]) => boolean = () => true, from = 0): Promise<string[]> {
    const id = await other.id()

    return (await this.until(({ found, at }) => found === id && fits(at ?? []), from)).at ?? []
  }

  async status (): Promise<MdnsStatus> {
    const from = this.lines.length
    this.child.stdin.write('\n')

    return (await this.until(({ status }) => status != null, from)).status!
  }

  /** Stops in good order. */
  async end (): Promise<void> {
    this.child.stdin.end()
    await new Promise(resolve => this.child.once('exit', resolve))
  }
}

describe.skipIf(!Lan.possible)('mDNS between hosts', () => {
  function network (): Lan {
    const lan = new Lan()
    onTestFinished(() => { lan.remove() })

    return lan
  }

  async function both (lan: Lan, hosts: readonly string[], ...args: string[]): Promise<[string[], string[]]> {
    const [a, b] = hosts.map(host => new Peer(lan.on(host), ...args)) as [Peer, Peer]

    return await Promise.all([a.finds(b), b.finds(a)])
  }

  it('works without a default route', async () => {
    const lan = network()
    const hosts = [lan.host('10.78.0.1/24'), lan.host('10.78.0.2/24')]
    hosts.forEach(host => { lan.withoutIpv6(host) })
    const [one, other] = await both(lan, hosts)

    expect(one.some(address => address.startsWith('/ip4/10.78.0.2/'))).toBe(true)
    expect(other.some(address => address.startsWith('/ip4/10.78.0.1/'))).toBe(true)
  })

  it('works on a network of IPv6 alone', async () => {
    const lan = network()
    const [one, other] = await both(lan, [lan.host('fd78::1/64'), lan.host('fd78::2/64')])

    expect(one.some(address => address.startsWith('/ip6/fd78::2/'))).toBe(true)
    expect(other.some(address => address.startsWith('/ip6/fd78::1/'))).toBe(true)
  })

  it('works with link-local addresses alone, which get the zone of whoever hears them', async () => {
    const lan = network()
    const [one] = await both(lan, [lan.host('fe80::1/64'), lan.host('fe80::2/64')])

    expect(one.some(address => address.startsWith('/ip6zone/eth0/ip6/fe80::2/'))).toBe(true)
    expect(one.every(address => address.startsWith('/ip6zone/eth0/ip6/fe80::'))).toBe(true)
  })

  it('works behind 24 other interfaces, of which nobody else is told', async () => {
    const lan = network()
    const hosts = [lan.host(), lan.host()]
    hosts.forEach((host, i) => {
      lan.containers(host, 12)
      // the wire comes after all others
      lan.uncable(host, 'eth0')
      lan.cable(host, 'wire', `10.78.0.${i + 1}/24`)
    })
    const [one] = await both(lan, hosts)

    expect(one.some(address => address.startsWith('/ip4/10.78.0.2/'))).toBe(true)
    expect(one.filter(address => address.includes('172.20.'))).toEqual([])
  })

  it('follows interfaces: one that comes after the start, and one that goes', async () => {
    const lan = network()
    const first = new Peer(lan.on(lan.host('10.78.0.1/24')))
    const host = lan.host('10.99.0.2/24')
    lan.uncable(host, 'eth0')
    const second = new Peer(lan.on(host))
    await second.id()
    expect((await second.status()).interfaces.map(({ name }) => name)).not.toContain('eth1')

    lan.cable(host, 'eth1', '10.78.0.2/24')
    const [there] = await Promise.all([first.finds(second), second.finds(first)])
    expect(there.some(address => address.startsWith('/ip4/10.78.0.2/'))).toBe(true)
    expect((await second.status()).interfaces).toContainEqual({ name: 'eth1', family: 'IPv4' })

    lan.uncable(host, 'eth1')
    lan.cable(host, 'eth2', '10.78.0.3/24')
    const again = await first.finds(second, at => at.some(address => address.startsWith('/ip4/10.78.0.3/')))
    expect(again.filter(address => address.startsWith('/ip4/10.78.0.2/'))).toEqual([])
    expect((await second.status()).interfaces.map(({ name }) => name)).not.toContain('eth1')
  })

  it('works between processes of one machine without a network', async () => {
    const lan = network()
    const host = lan.host()
    lan.uncable(host, 'eth0')
    const [one] = await both(lan, [host, host])

    expect(one.every(address => address.includes('/127.0.0.1/') || address.includes('/::1/'))).toBe(true)
  })

  it('says why it cannot work: the port is taken', async () => {
    const lan = network()
    const host = lan.host()
    const taker = spawn('ip', ['netns', 'exec', host, process.execPath, '-e', `
      const sockets = ['udp4', 'udp6'].map(type => require('node:dgram').createSocket({ type, ipv6Only: type === 'udp6' }))
      let open = 0
      sockets.forEach(socket => socket.bind(5353, () => { if (++open === 2) console.log('open') }))
    `])
    onTestFinished(() => { taker.kill('SIGKILL') })
    await new Promise(resolve => taker.stdout.once('data', resolve))

    const peer = new Peer(lan.on(host))
    const { status } = await peer.until(line => line.status != null)
    const problem = 'another program keeps UDP port 5353 to itself'

    expect(status).toEqual({
      working: false,
      problem,
      interfaces: [{ name: 'eth0', family: 'IPv4', problem }, { name: 'eth0', family: 'IPv6', problem }]
    })
    taker.kill('SIGKILL')
    await peer.until(line => line.status?.working === true)
  })

  it('tells of few of the many whom one host invents, and of those who are there all the same', async () => {
    const lan = network()
    const peer = new Peer(lan.on(lan.host('10.78.0.1/24')))
    const other = lan.host('10.78.0.2/24')
    const [command = '', ...wrapper] = lan.on(lan.host('10.78.0.9/24'))
    await peer.id()

    const flood = spawn(command, [...wrapper, process.execPath, fileURLToPath(new URL('flood-process.ts', import.meta.url))], { stdio: 'inherit' })
    onTestFinished(() => { flood.kill('SIGKILL') })
    await new Promise(resolve => flood.once('exit', resolve))
    await peer.finds(new Peer(lan.on(other)))

    const invented = peer.lines.filter(({ at }) => at?.some(address => address.includes('/198.51.100.')))
    expect(invented.length).toBeGreaterThan(0)
    // ten times faster than the clock of the wall
    expect(invented.length).toBeLessThan(100)
  })

  it('finds and is found by @libp2p/mdns', async () => {
    const lan = network()
    const hosts = [lan.host('10.78.0.1/24'), lan.host('10.78.0.2/24')]
    hosts.forEach(host => { lan.route(host, '224.0.0.0/4') })
    const ours = new Peer(lan.on(hosts[0]!))
    const theirs = new Peer(lan.on(hosts[1]!), '--library')
    const [one, other] = await Promise.all([ours.finds(theirs), theirs.finds(ours)])

    expect(one.some(address => address.startsWith('/ip4/10.78.0.2/'))).toBe(true)
    expect(other.some(address => address.startsWith('/ip4/10.78.0.1/'))).toBe(true)
  })
})
