import { rm } from 'node:fs/promises'
import { naraId } from '@nara-stash/crypto'
import { exitCodes } from '../cli/exit-codes.ts'
import { findOrMakeSoul } from '../soul/find-soul.ts'
import { version } from '../version.ts'
import { createApp } from './app.ts'
import { clearSocket, readDaemonFile, removeDaemonFile, writeDaemonFile } from './daemon-file.ts'
import { createEventFeed } from './event-feed.ts'
import { eventLog } from './event-log.ts'
import { takeLock } from './lock.ts'
import { naraOptions } from './nara-options.ts'
import { makeRunFolder, makeSocketPath } from './run-folder.ts'
import { serve } from './serve.ts'
import { startError } from './start-error.ts'
import { whenToStop } from './stop.ts'
import type { DaemonEvent } from '../api/types.ts'
import type { EventFeed } from './event-feed.ts'
import type { OpenDatastore } from './nara-options.ts'
import type { RunFolder } from './run-folder.ts'
import type { ApiServer } from './serve.ts'
import type { FoundSoul } from '../soul/find-soul.ts'
import type { Io } from '../cli/io.ts'
import type { Config } from '../config/load.ts'
import type { Nara, NaraOptions } from '@nara-stash/node'

/** How long a daemon takes to leave at most, in milliseconds: the nara's own bound and a little more. */
const STOP_TIMEOUT = 12_000

/** How long a stopped daemon waits for the reader of its log, in milliseconds. */
const FLUSH_TIMEOUT = 1_000

export interface DaemonInit {
  config: Config
  io: Io
  /** Print one event a line as JSON, not as text. */
  json: boolean
  /** Stop when standard input ends: the process that started this one holds its other end. */
  exitWithParent: boolean
  createNara: (options: NaraOptions) => Promise<Nara>
  openDatastore: OpenDatastore
}

/**
 * The daemon from start to stop: takes the folder, brings the nara up, serves the other commands, and leaves cleanly.
 *
 * @returns the exit code: 0 if it left in good order
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
  const toStop = whenToStop(io, init.exitWithParent)
  const { options, close } = await naraOptions(config, found, init.openDatastore)
  const nara = await init.createNara({ ...options, start: false })
  const feed = createEventFeed(nara.stash, io.clock)
  let api: ApiServer | undefined
  let inGoodOrder: boolean

  logEvents(init, feed)

  try {
    await nara.start()
    api = await open(init, { folder, found, nara, feed })

    const why = await toStop

    feed.publish({ event: 'stopping', why })
    await removeDaemonFile(folder.daemon)
  } catch (error) {
    if (found.fresh && api == null) {
      // nobody was told of this soul; the next start makes one, and knows that it is new
      await rm(found.source, { force: true })
    }

    throw startError(error, config)
  } finally {
    inGoodOrder = await leave(nara, io)
    await api?.close()
    await close()
  }

  feed.publish({ event: 'stopped' })
  await lastWords(io)

  return inGoodOrder ? exitCodes.done : exitCodes.error
}

interface Running {
  folder: RunFolder
  found: FoundSoul
  nara: Nara
  feed: EventFeed
}

/** Opens the socket to the other commands and tells everybody that the nara is up. */
async function open ({ config, io }: DaemonInit, { folder, found, nara, feed }: Running): Promise<ApiServer> {
  const socket = await makeSocketPath(config.dir, io.env)
  const left = await readDaemonFile(folder.daemon)

  // with the lock in hand, whatever is there was left by a daemon that was killed
  clearSocket(socket)

  if (left != null && left.socket !== socket) {
    clearSocket(left.socket)
  }

  const app = createApp({
    nara,
    feed,
    about: { pid: process.pid, socket, version, maxStash: config.maxStash },
    clock: io.clock,
    unexpected: error => { io.err.write(`nara-stash: ${String(error)}\n`) }
  })
  const api = await serve(app, socket)

  await writeDaemonFile(folder.daemon, { pid: process.pid, socket, version })
  feed.publish({
    event: 'started',
    peerId: nara.peerId,
    naraId: naraId(found.soul),
    name: nara.name,
    addresses: nara.addresses,
    dir: config.dir,
    socket,
    pid: process.pid,
    version,
    newSoul: found.fresh,
    startedIn: Math.round(io.clock.now())
  })

  return api
}

/** Prints what happens. In JSON `started` comes first, so what happened a moment before is told right after it. */
function logEvents ({ io, json }: DaemonInit, feed: EventFeed): void {
  const log = eventLog(io.out, json)
  const early: DaemonEvent[] = []
  let started = !json

  feed.subscribe(event => {
    if (started) {
      log(event)
    } else if (event.event === 'started') {
      started = true
      log(event)
      early.forEach(event => { log(event) })
    } else {
      early.push(event)
    }
  })
}

/** Waits until the log is written, but not for a reader that takes nothing: a daemon ends when it is told to. */
async function lastWords ({ out, clock }: Io): Promise<void> {
  const patience = new AbortController()

  await Promise.race([out.flush(), clock.wait(FLUSH_TIMEOUT, patience.signal)]).catch(() => {})
  patience.abort()
  out.abandon()
}

/** Whether the nara stopped in time and without an error. */
async function leave (nara: Nara, io: Io): Promise<boolean> {
  const timeout = new AbortController()
  const stopped = (async () => { await nara.stop() })()
  const tooLate = io.clock.wait(STOP_TIMEOUT, timeout.signal).then(() => 'too late')

  tooLate.catch(() => {})

  try {
    if (await Promise.race([stopped, tooLate]) !== 'too late') {
      return true
    }

    io.err.write(`nara-stash: leaving took longer than ${STOP_TIMEOUT} ms; ends as it is\n`)
  } catch (error) {
    io.err.write(`nara-stash: stopping failed: ${String(error)}\n`)
  } finally {
    timeout.abort()
  }

  return false
}
