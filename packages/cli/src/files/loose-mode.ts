import type { Stats } from 'node:fs'

/** Permission bits of anybody but the owner. */
const OTHERS = 0o077

/** The mode of a file that others than its owner can use, such as `0644`; undefined if they cannot, and for what is no file. */
export function looseMode (stats: Pick<Stats, 'isFile' | 'mode'>): string | undefined {
  return stats.isFile() && (stats.mode & OTHERS) !== 0 ? '0' + (stats.mode & 0o777).toString(8) : undefined
}
