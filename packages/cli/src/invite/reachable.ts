/** So many addresses an invitation has at most: more make its QR code hard to read. */
const MAX_ADDRESSES = 8

/** Who can reach an address: this machine, the networks it is in, everybody. */
export type Reach = 'machine' | 'local' | 'anybody'

/** Link-local, private and shared addresses: RFC 3927, RFC 1918, RFC 6598, RFC 4291 and RFC 4193. */
const LOCAL = [/^\/ip4\/(?:10|192\.168|169\.254|172\.(?:1[6-9]|2\d|3[01])|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\./, /^\/ip6\/f(?:e[89ab]|[cd])/i]

export function reachOf (address: string): Reach {
  if (/^\/(?:ip4\/127\.|ip6\/(?:::1|0:0:0:0:0:0:0:1)\/|dns[46]?\/localhost\/)/.test(address)) {
    return 'machine'
  }

  return LOCAL.some(pattern => pattern.test(address)) ? 'local' : 'anybody'
}

/** The addresses worth handing on, those that most can reach first; this machine's own only if there are no others. */
export function addressesToShare (addresses: readonly string[]): string[] {
  const order: Reach[] = ['anybody', 'local', 'machine']
  const ranked = [...new Set(addresses)].sort((a, b) => order.indexOf(reachOf(a)) - order.indexOf(reachOf(b)))
  const others = ranked.filter(address => reachOf(address) !== 'machine')

  return (others.length > 0 ? others : ranked).slice(0, MAX_ADDRESSES)
}
