import { DoubtfulError, NotFoundError } from '../../errors.ts'
import { checkOutsideMerge } from './checked-merge.ts'
import type { Author } from './author.ts'
import type { Condition } from './condition.ts'
import type { OwnStash } from './own-stash.ts'
import type { Settling } from '../recovery/settling.ts'
import type { Strangers } from './strangers.ts'
import type { Writes } from './writes.ts'
import type { AbortOptions } from '@libp2p/interface'

export interface BurialInit {
  own: OwnStash
  author: Author
  condition: Condition
  settling: Settling
  strangers: Strangers
  writes: Pick<Writes, 'mark' | 'flush'>
}

/**
 * Seals a tombstone over all that is known, and forgets what there was, set aside or not, and what was written before and waits. To know what there is comes
 * first.
 *
 * @throws {NotFoundError | DoubtfulError | InsideMergeError}
 * @throws the signal's reason: nothing is deleted then
 */
export async function bury ({ own, author, condition, settling, strangers, writes }: BurialInit, { signal }: AbortOptions = {}): Promise<void> {
  checkOutsideMerge()

  const takeBack = writes.mark()

  await author.turns.run(async () => {
    if (condition.state === 'doubtful') {
      throw new DoubtfulError('it is in doubt what our stash is: decide that first, see status')
    }

    if (condition.state !== 'settled' && condition.state !== 'empty') {
      throw new NotFoundError('it is not known yet what our stash is')
    }

    // what was decided against may still be held
    if (own.known().length === 0) {
      throw new NotFoundError('there is no stash')
    }

    // asked twice, the same tombstone goes on being spread
    if (own.current == null && own.tombstone?.boot === own.boot) {
      return
    }

    settling.recovery.stop()
    strangers.clear()

    if (!await author.bury()) {
      throw new NotFoundError('what there was has been cleared away meanwhile')
    }

    own.setAside = []
    author.missed.clear()
    takeBack()
    condition.recovered = undefined
    condition.is('empty')
    // what is written from here on may have waited for what was undecided
    writes.flush()
  }, signal == null ? {} : { signal })
}
