/**
 * The key under which remote addresses share one quota. An IPv4 address stands for itself, also when it is written as an
 * IPv6 one (RFC 4291, 2.5.5.2); of an IPv6 address the first 64 bits count, since a single subscriber commands all that
 * follow (RFC 4291, 2.5.4; RFC 6177). What is neither stands for itself.
 */
export function addressShare (address: string): string {
  const host = address.toLowerCase().replace(/%.*$/, '')
  const groups = ipv6Groups(host)

  if (groups == null) {
    return host
  }

  if (groups.slice(0, 5).every(group => group === 0) && groups[5] === 0xffff) {
    return groups.slice(6).flatMap(group => [group >> 8, group & 0xff]).join('.')
  }

  return `${groups.slice(0, 4).map(group => group.toString(16)).join(':')}::/64`
}

/** The eight 16-bit groups of an IPv6 address, or undefined if it is none. */
function ipv6Groups (host: string): number[] | undefined {
  const hex = host.replace(/(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/, (_, a, b, c, d) =>
    `${(Number(a) * 256 + Number(b)).toString(16)}:${(Number(c) * 256 + Number(d)).toString(16)}`)
  const halves = hex.split('::').map(half => half === '' ? [] : half.split(':'))
  const [head = [], tail = []] = halves
  const gap = 8 - head.length - tail.length

  if (halves.length > 2 || (halves.length === 2 ? gap < 1 : gap !== 0)) {
    return
  }

  const groups = [...head, ...Array.from({ length: gap }, () => '0'), ...tail]

  return groups.every(group => /^[0-9a-f]{1,4}$/.test(group)) ? groups.map(group => parseInt(group, 16)) : undefined
}
