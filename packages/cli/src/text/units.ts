const KIB = 1024
const SIZES = ['B', 'KiB', 'MiB', 'GiB'] as const

/** `1.5 MiB`: for people. Exact below 1 KiB. */
export function formatBytes (bytes: number): string {
  let value = bytes
  let unit = 0

  while (value >= KIB && unit < SIZES.length - 1) {
    value /= KIB
    unit++
  }

  const digits = unit === 0 || Number.isInteger(value) ? 0 : 1

  return `${value.toFixed(digits)} ${SIZES[unit] ?? 'B'}`
}

/** `240 ms`, `1.2 s`, `3 min 20 s`, `2 h 5 min`, `4 d 2 h`: two units at most. */
export function formatDuration (milliseconds: number): string {
  if (milliseconds < 1_000) {
    return `${Math.round(milliseconds)} ms`
  }

  if (milliseconds < 60_000) {
    return `${Number((milliseconds / 1_000).toFixed(1))} s`
  }

  const parts: Array<[number, string]> = [
    [Math.floor(milliseconds / 86_400_000), 'd'],
    [Math.floor(milliseconds / 3_600_000) % 24, 'h'],
    [Math.floor(milliseconds / 60_000) % 60, 'min'],
    [Math.floor(milliseconds / 1_000) % 60, 's']
  ]
  const first = parts.findIndex(([value]) => value > 0)

  return parts.slice(first, first + 2).filter(([value]) => value > 0).map(([value, unit]) => `${value} ${unit}`).join(' ')
}

/** `1 copy`, `2 copies`. */
export function count (n: number, one: string, many = one + 's'): string {
  return `${n} ${n === 1 ? one : many}`
}
