import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'

/**
 * A LAN in a box: a bridge and hosts, each in a network namespace of its own, so that neither multicast nor anything else leaves it.
 * Needs root and iproute2.
 */
export class Lan {
  private readonly prefix = `ns${randomBytes(3).toString('hex')}`
  private readonly hosts: string[] = []

  constructor () {
    this.ip('netns', 'add', this.bridge)
    this.in(this.bridge, 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0')
    this.in(this.bridge, 'link', 'set', 'br0', 'up')
  }

  /** True where namespaces can be made. */
  static get possible (): boolean {
    try {
      const lan = new Lan()
      lan.remove()

      return true
    } catch {
      return false
    }
  }

  /**
   * Adds a host; its name is that of its namespace.
   *
   * @param addresses - with the lengths of their prefixes
   */
  host (...addresses: string[]): string {
    const number = this.hosts.length + 1
    const host = `${this.prefix}h${number}`

    this.ip('netns', 'add', host)
    this.hosts.push(host)
    this.in(this.bridge, 'link', 'add', `p${number}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host)
    this.in(this.bridge, 'link', 'set', `p${number}`, 'master', 'br0', 'up')
    this.in(host, 'link', 'set', 'lo', 'up')
    this.in(host, 'link', 'set', 'eth0', 'up')
    ;(addresses.length > 0 ? addresses : [`10.78.0.${number}/24`]).forEach(address => { this.address(host, address) })

    return host
  }

  /** Gives a host `2 * pairs` interfaces more: cables between its own containers. */
  containers (host: string, pairs: number): void {
    for (let i = 1; i <= pairs; i++) {
      this.in(host, 'link', 'add', `c${i}`, 'type', 'veth', 'peer', 'name', `d${i}`)

      for (const [name, last] of [[`c${i}`, 1], [`d${i}`, 2]] as const) {
        this.in(host, 'link', 'set', name, 'up')
        this.in(host, 'addr', 'add', `172.20.${i}.${last}/24`, 'dev', name)
      }
    }
  }

  /** Gives a host another cable to the switch, with an address there. */
  cable (host: string, name: string, address: string): void {
    const port = `${host.slice(this.prefix.length)}${name}`

    this.in(this.bridge, 'link', 'add', port, 'type', 'veth', 'peer', 'name', name, 'netns', host)
    this.in(this.bridge, 'link', 'set', port, 'master', 'br0', 'up')
    this.in(host, 'link', 'set', name, 'up')
    this.in(host, 'addr', 'add', address, 'dev', name, ...(address.includes(':') ? ['nodad'] : []))
  }

  /** Switches IPv6 off on a host. */
  withoutIpv6 (host: string): void {
    this.ip('netns', 'exec', host, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6')
  }

  /** Takes an interface of a host away. */
  uncable (host: string, name: string): void {
    this.in(host, 'link', 'del', name)
  }

  /** Gives a host one address more, or takes one away. */
  address (host: string, address: string, does: 'add' | 'del' = 'add'): void {
    // an IPv6 address is usable at once if nobody is asked whether it is taken
    this.in(host, 'addr', does, address, 'dev', 'eth0', ...(does === 'add' && address.includes(':') ? ['nodad'] : []))
  }

  /** Where a host sends what is for `network`: straight to the wire, or to the host at an address. */
  route (host: string, network: string, via?: string): void {
    this.in(host, 'route', 'add', network, ...(via == null ? ['dev', 'eth0'] : ['via', via]))
  }

  /** Ties another LAN to this one by a router with an address in each, which forwards all that is sent to somebody. */
  join (other: Lan, here: string, there: string): void {
    const router = this.host(here)

    this.ip('link', 'add', 'uplink', 'netns', other.bridge, 'type', 'veth', 'peer', 'name', 'eth1', 'netns', router)
    this.in(other.bridge, 'link', 'set', 'uplink', 'master', 'br0', 'up')
    this.in(router, 'link', 'set', 'eth1', 'up')
    this.in(router, 'addr', 'add', there, 'dev', 'eth1')
    this.ip('netns', 'exec', router, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward')
  }

  /** Pulls a host's plug at the switch: nothing gets through, and nobody is told. */
  unplug (host: string): void {
    this.in(this.bridge, 'link', 'set', `p${this.hosts.indexOf(host) + 1}`, 'down')
  }

  plug (host: string): void {
    this.in(this.bridge, 'link', 'set', `p${this.hosts.indexOf(host) + 1}`, 'up')
  }

  /** What to put before a command so that it runs on `host`. */
  on (host: string): string[] {
    return ['ip', 'netns', 'exec', host]
  }

  /** What went through a host's interface so far, in both directions, all headers included. */
  traffic (host: string): { bytes: number, packets: number } {
    const links = execFileSync('ip', ['-n', host, '-s', '-j', 'link', 'show', 'dev', 'eth0'], { encoding: 'utf8' })
    const [{ stats64: { rx, tx } }] = JSON.parse(links) as [{ stats64: Record<'rx' | 'tx', { bytes: number, packets: number }> }]

    return { bytes: rx.bytes + tx.bytes, packets: rx.packets + tx.packets }
  }

  remove (): void {
    [...this.hosts, this.bridge].forEach(name => { this.ip('netns', 'del', name) })
  }

  private get bridge (): string {
    return `${this.prefix}br`
  }

  private in (namespace: string, ...args: string[]): void {
    this.ip('-n', namespace, ...args)
  }

  private ip (...args: string[]): void {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  }
}
