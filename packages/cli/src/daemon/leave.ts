import { isLoss } from './own-loss.ts'
import type { ApiServer } from './serve.ts'
import type { EventFeed } from './event-feed.ts'
import type { WatermarkKeeper } from './watermark-file.ts'
import type { Io } from '../cli/io.ts'
import type { Leave, Nara } from '@nara-stash/node'

/** How long a daemon takes to leave beyond the nara's own bound, and to write what it still has to write. Milliseconds. */
const STOP_GRACE = 5_000

/** How long a stopped daemon waits for the reader of its log, in milliseconds. */
const FLUSH_TIMEOUT = 1_000

/** What there is of a daemon; filled in as it comes up, so that a start that fails half-way is cleared as far as it came. */
export interface DaemonParts {
  nara?: Nara
  feed?: EventFeed
  watermark?: Pick<WatermarkKeeper, 'settled'>
  api?: ApiServer
  /** What it said that it leaves behind: as it stops, or as it was told to leave before that. */
  left?: Leave
}

/** How a daemon left. */
export interface Leaving {
  /** The nara stopped in time and without an error. */
  inGoodOrder: boolean
  /** Something went with it, or may have: its own newest version or deletion, a write, or the stash of an absent owner. */
  withLoss: boolean
}

/**
 * Stops all there is. The nara hands on what absent owners left here first.
 *
 * @param leaveTimeout - the nara's own bound for that, in milliseconds
 */
export async function leave (parts: DaemonParts, io: Io, leaveTimeout: number): Promise<Leaving> {
  const { nara, api, watermark } = parts
  const hasStopped = await ends(async () => { await nara?.stop() }, 'leaving', io, leaveTimeout + STOP_GRACE)

  await api?.close()

  const isWritten = await ends(async () => { await watermark?.settled() }, 'writing DIR/watermark', io, STOP_GRACE)

  return { inGoodOrder: hasStopped && isWritten, withLoss: parts.left != null && isLoss(parts.left) }
}

/** Whether a last step came to its end, in time and without an error. A disk that does not answer holds it for ever. */
async function ends (step: () => Promise<void>, what: string, io: Io, limit: number): Promise<boolean> {
  const timeout = new AbortController()
  const tooLate = io.clock.wait(limit, timeout.signal).then(() => 'too late')

  tooLate.catch(() => {})

  try {
    if (await Promise.race([step(), tooLate]) !== 'too late') {
      return true
    }

    io.err.write(`nara-stash: ${what} took longer than ${limit} ms; ends as it is\n`)
  } catch (error) {
    io.err.write(`nara-stash: stopping failed: ${String(error)}\n`)
  } finally {
    timeout.abort()
  }

  return false
}

/** Waits until the log is written, but not for a reader that takes nothing: a daemon ends when it is told to. */
export async function lastWords ({ out, clock }: Pick<Io, 'out' | 'clock'>): Promise<void> {
  const patience = new AbortController()

  await Promise.race([out.flush(), clock.wait(FLUSH_TIMEOUT, patience.signal)]).catch(() => {})
  patience.abort()
  out.abandon()
}
