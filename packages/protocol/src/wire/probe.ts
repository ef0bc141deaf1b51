import { PROBE_TIMEOUT, STASH_PROTOCOL } from '../constants.ts'
import { deadlineSignal } from '../deadline.ts'
import { TimeoutError } from '../errors.ts'
import type { Clock } from '../clock.ts'
import type { AbortOptions, Connection, Logger } from '@libp2p/interface'

export interface ProbeOptions extends AbortOptions {
  clock: Clock
  log: Logger
}

/**
 * Aborts a connection that does not negotiate a stream, one round trip, within 5 s. The stream is closed without a word,
 * which every peer that speaks the protocol takes (SPEC.md, "Streams").
 */
export async function probe (connection: Connection, options: ProbeOptions): Promise<void> {
  const deadline = deadlineSignal(options.clock, PROBE_TIMEOUT, options.signal)

  try {
    const stream = await connection.newStream(STASH_PROTOCOL, { signal: deadline.signal })
    await stream.close({ signal: deadline.signal })
  } catch (err) {
    // any answer is a sign of life, also a refusal; silence is not
    if (deadline.signal.reason instanceof TimeoutError) {
      options.log('abort a silent connection of %s - %e', connection.remotePeer, err)
      connection.abort(deadline.signal.reason)
    }
  } finally {
    deadline.clear()
  }

  options.signal?.throwIfAborted()
}
