import { TwinError } from '../../errors.ts'
import type { WriteResult } from '../../api.ts'
import type { OwnerParts } from './owner-parts.ts'

/**
 * What became of a write, unless another process is the reason.
 *
 * @throws {TwinError} it was not kept, because of what another process of ours wrote
 */
export async function checkTwin ({ author, condition, lookout }: Pick<OwnerParts, 'author' | 'condition' | 'lookout'>, result: WriteResult): Promise<WriteResult> {
  if (result.outcome !== 'kept' && result.failures.some(({ why }) => why === 'stale' || why === 'conflict')) {
    // what is with the holders is being read, and decided on
    await lookout.surprises.strangers.settled()
    await author.turns.run(() => {})

    if (condition.state === 'doubtful' && lookout.twin != null) {
      throw new TwinError('another process uses this soul: the holders have what that wrote, and not this write, which is one of the versions to decide on')
    }
  }

  return result
}
