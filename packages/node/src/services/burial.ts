import { DoubtfulError, NotFoundError } from '../errors.ts'
import { checkOutsideMerge } from './checked-merge.ts'
import type { Author } from './author.ts'
import type { Condition } from './condition.ts'
import type { OwnStash } from './own-stash.ts'
import type { Settling } from './recovery/settling.ts'
import type { Strangers } from './strangers.ts'

export interface BurialInit {
  own: OwnStash
  author: Author
  condition: Condition
  settling: Settling
  strangers: Strangers
}

/**
 * Seals a tombstone over all that is known, and forgets what there was, set aside or not. To know what there is comes first.
 *
 * @throws {NotFoundError | DoubtfulError | InsideMergeError}
 */
export async function bury ({ own, author, condition, settling, strangers }: BurialInit): Promise<void> {
  checkOutsideMerge()

  await author.turns.run(async () => {
    if (condition.state === 'doubtful') {
      throw new DoubtfulError('it is in doubt what our stash is: decide that first, see status')
    }

    if (own.current == null && own.tombstone == null) {
      throw new NotFoundError(condition.state === 'empty' ? 'there is no stash' : 'it is not known yet what our stash is')
    }

    // asked twice, the same tombstone goes on being spread
    if (own.current == null && own.tombstone?.boot === own.boot) {
      return
    }

    settling.recovery.stop()
    strangers.clear()

    if (await author.bury()) {
      own.setAside = []
      condition.recovered = undefined
      condition.is('empty')
    }
  })
}
