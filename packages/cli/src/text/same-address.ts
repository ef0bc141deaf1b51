import { printable } from './printable.ts'
import type { CountedCopies } from '@nara-stash/node'

/**
 * Why fewer copies count than confidants have one, for people; undefined if each counts.
 *
 * @param does - what they do with it, such as `hold it`
 */
export function sameAddressText ({ have, sameAddress = [] }: CountedCopies, does: string): string | undefined {
  const [only, ...more] = sameAddress

  if (only == null) {
    return undefined
  }

  const confidants = have + sameAddress.reduce((extra, { peers }) => extra + peers.length - 1, 0)
  const places = sameAddress.map(({ address, peers }) => `${peers.length === confidants ? 'all' : `${peers.length} of them`} behind ${printable(address)}`)
  const count = more.length === 0 ? 'they count as one copy' : 'those behind one address count as one copy'

  return `${confidants} confidants ${does}, ${places.join(', ')}: ${count}. To count each: nara-stash start --count-each`
}
