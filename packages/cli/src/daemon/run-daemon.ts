import { rm } from 'node:fs/promises'
import { constants } from 'node:os'
import { StoppingError } from '../api/errors.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { findOrMakeSoul } from '../soul/find-soul.ts'
import { bringUp } from './bring-up.ts'
import { removeDaemonFile } from './daemon-file.ts'
import { lastWords, leave } from './leave.ts'
import { takeLock } from './lock.ts'
import { makeRunFolder } from './run-folder.ts'
import { startError } from './start-error.ts'
import { whenToStop } from './stop.ts'
import type { DaemonParts, Leaving } from './leave.ts'
import type { RunFolder } from './run-folder.ts'
import type { StopReason } from './stop.ts'
import type { Io } from '../cli/io.ts'
import type { Config } from '../config/load.ts'
import type { Nara, NaraOptions } from '@nara-stash/node'

/** What a start that is stopped has for the step that is under way: it may be stuck, on a disk that does not answer for instance. Milliseconds. */
const START_GRACE = 2_000

export interface DaemonInit {
  config: Config
  io: Io
  /** Print one event a line as JSON, not as text. */
  json: boolean
  /** Stop when standard input ends: the process that started this one holds its other end. */
  exitWithParent: boolean
  createNara: (options: NaraOptions) => Promise<Nara>
}

/**
 * The daemon from start to stop: takes the folder, brings the nara up, serves the other commands, and leaves cleanly.
 *
 * @returns the exit code: 0 if it left in good order, 3 if something went with it that others do not hold: its own newest version, a write that waited, an absent owner's stash
 * @throws {CommandError} it could not start
 */
export async function runDaemon (init: DaemonInit): Promise<number> {
  const { config } = init
  const folder = await makeRunFolder(config.dir)
  const lock = takeLock(folder.lock, config.dir)

  try {
    return await runLocked(init, folder)
  } finally {
    lock.release()
  }
}

async function runLocked (init: DaemonInit, folder: RunFolder): Promise<number> {
  const { config, io } = init
  const found = await findOrMakeSoul(config, io)
  const hasLeft = Promise.withResolvers<StopReason>()
  const toStop = Promise.race([whenToStop(io, init.exitWithParent), hasLeft.promise])
  const parts: DaemonParts = {}
  const stopping = new AbortController()
  const patience = new AbortController()
  let isUp = false
  let why: StopReason
  let leaving: Leaving

  try {
    const starting = bringUp(init, { folder, found, parts, signal: stopping.signal, onLeft: () => { hasLeft.resolve('it was told to leave') } }).then(() => { isUp = true })

    await Promise.race([starting, toStop])
    why = await toStop
    stopping.abort(new StoppingError('this nara stops'))
    // a step that was under way ends, or turns out to have been the last one
    await Promise.race([starting, io.clock.wait(START_GRACE, patience.signal)]).catch(() => {})
    patience.abort()

    if (isUp) {
      parts.feed?.publish({ event: 'stopping', why })
      await removeDaemonFile(folder.daemon)
    } else {
      io.err.write('nara-stash: stopped before it was up\n')
    }
  } catch (error) {
    throw startError(error, config)
  } finally {
    if (!isUp && found.fresh) {
      // nobody was told of this soul; the next start makes one, and knows that it is new
      await rm(found.source, { force: true })
    }

    leaving = await leave(parts, io, config.leaveTimeout)
  }

  if (!isUp) {
    return why === 'standard input ended' || why === 'it was told to leave' ? exitCodes.error : 128 + constants.signals[why]
  }

  parts.feed?.publish({ event: 'stopped' })
  await lastWords(io)

  if (!leaving.inGoodOrder) {
    return exitCodes.error
  }

  return leaving.withLoss ? exitCodes.degraded : exitCodes.done
}
