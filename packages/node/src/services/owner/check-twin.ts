import { TwinError } from '../../errors.ts'
import { unlessAborted } from '../unless-aborted.ts'
import type { WriteOptions, WriteResult } from '../../api.ts'
import type { OwnerParts } from './owner-parts.ts'
import type { Clock } from '@nara-stash/protocol'

export interface CheckTwinInit {
  parts: Pick<OwnerParts, 'author' | 'condition' | 'lookout'>
  clock: Clock
  /** When the write was made, on the monotonic clock: its caller's time runs from there. */
  since: number
  options: WriteOptions
}

/**
 * What became of a write, unless another process is the reason. Is that not known in the caller's time, it is told what
 * became of the write.
 *
 * @throws {TwinError} it was not kept, because of what another process of ours wrote
 * @throws the signal's reason
 */
export async function checkTwin (result: WriteResult, { parts, clock, since, options: { timeout = 0, signal } }: CheckTwinInit): Promise<WriteResult> {
  const { author, condition, lookout } = parts

  if (result.outcome !== 'kept' && result.failures.some(({ why }) => why === 'stale' || why === 'conflict')) {
    const { promise, resolve } = Promise.withResolvers<void>()
    const cancel = timeout > 0 ? clock.setTimer(resolve, since + timeout - clock.now()) : () => {}

    // what is with the holders is being read, and decided on
    lookout.surprises.strangers.settled().then(async () => { await author.turns.run(resolve) }, resolve)

    try {
      await unlessAborted(promise, signal)
    } finally {
      cancel()
    }

    if (condition.state === 'doubtful' && lookout.twin != null) {
      throw new TwinError('another process uses this soul: the holders have what that wrote, and not this write, which is one of the versions to decide on')
    }
  }

  return result
}
