import { soulFromSeed } from '@nara-stash/crypto'
import { peerIdOf } from '../../../src/identity.ts'

/** So many peer ids, always the same. */
export function generated (count: number): string[] {
  return Array.from({ length: count }, (_, i) => peerIdOf(soulFromSeed(new Uint8Array(32).fill(i + 1), 'nara')))
}
