import { naraId, peerIdString, publicKeyOf } from '@nara-stash/crypto'
import { printable } from '../text/printable.ts'
import { version } from '../version.ts'
import { createApp } from './app.ts'
import { clearSocket, readDaemonFile, writeDaemonFile } from './daemon-file.ts'
import { createEventFeed } from './event-feed.ts'
import { eventLog } from './event-log.ts'
import { naraOptions } from './nara-options.ts'
import { peersFile } from './peers-file.ts'
import { makeSocketPath } from './run-folder.ts'
import { serve } from './serve.ts'
import { stablePort } from './stable-port.ts'
import { readWatermark, WatermarkKeeper } from './watermark-file.ts'
import type { DaemonEvent } from '../api/types.ts'
import type { EventFeed } from './event-feed.ts'
import type { DaemonParts } from './leave.ts'
import type { DaemonInit } from './run-daemon.ts'
import type { RunFolder } from './run-folder.ts'
import type { FoundSoul } from '../soul/find-soul.ts'
import type { LeftWatermark } from './watermark-file.ts'
import type { Nara, NaraOptions } from '@nara-stash/node'

export interface BringUp {
  folder: RunFolder
  found: FoundSoul
  /** Filled in step by step. */
  parts: DaemonParts
  /** Aborts when the daemon is to stop: between two steps it goes no further, and what is asked of it ends. */
  signal: AbortSignal
  /** It was told to leave, has handed on what it holds, and is to stop. */
  onLeft: () => void
}

/** Starts the nara and opens the socket to the other commands; resolves once everybody was told that it is up. */
export async function bringUp (init: DaemonInit, { folder, found, parts, signal, onLeft }: BringUp): Promise<void> {
  const say = (note: string): void => { init.io.err.write(`nara-stash: ${note}\n`) }
  const options = await naraOptions(init.config, found, say)

  signal.throwIfAborted()

  const owner = peerIdString(publicKeyOf(found.soul))
  const port = await stablePort(init.config)
  const addressBook = peersFile(init.config.dir, say)
  const nara = await create(init, { ...options, ...port.options, addressBook }, await readWatermark(init.config.dir, owner))
  const feed = createEventFeed(nara.stash, init.io.clock)
  const watermark = new WatermarkKeeper(init.config.dir, owner)

  nara.mdns?.addEventListener('status', ({ detail: { working, problem } }) => {
    feed.publish({ event: 'mdns', working, ...(problem == null ? {} : { problem }) })
  })
  watermark.listen(nara.stash, error => { say(error.message) })
  nara.stash.addEventListener('leave', ({ detail }) => { parts.left = detail })
  Object.assign(parts, { nara, feed, watermark })
  logEvents(init, feed)
  signal.throwIfAborted()
  await nara.start()
  signal.throwIfAborted()
  ;(await port.settle(nara)).forEach(say)
  await open(init, { folder, found, nara, feed, parts, stopping: signal, onLeft, say })
}

/** A header that the nara does not take is worth a word, not a start that fails. */
async function create ({ createNara, io }: DaemonInit, options: NaraOptions, { envelope, note }: LeftWatermark): Promise<Nara> {
  let ignored = note

  if (envelope != null) {
    try {
      return await createNara({ ...options, lastKnown: envelope, start: false })
    } catch (error) {
      if ((error as Error).name !== 'InvalidOptionError') {
        throw error
      }

      ignored = `what an earlier start left in DIR/watermark was ignored: ${printable((error as Error).message)}`
    }
  }

  // if it was another option, this fails for the same reason
  const nara = await createNara({ ...options, start: false })

  if (ignored != null) {
    io.err.write(`nara-stash: ${ignored}\n`)
  }

  return nara
}

interface Running {
  folder: RunFolder
  found: FoundSoul
  nara: Nara
  feed: EventFeed
  /** Given the API. */
  parts: Pick<DaemonParts, 'api'>
  stopping: AbortSignal
  onLeft: () => void
  say: (note: string) => void
}

/** Opens the socket to the other commands and tells everybody that the nara is up. */
async function open ({ config, io }: DaemonInit, { folder, found, nara, feed, parts, stopping, onLeft, say }: Running): Promise<void> {
  const { maxStash, listen = [...nara.listening], network, pskFile } = config
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
    stopping,
    onLeft,
    about: { pid: process.pid, socket, version, maxStash, listen, network, pskFile: pskFile ?? null },
    clock: io.clock,
    unexpected: error => { io.err.write(`nara-stash: ${String(error)}\n`) }
  })

  stopping.throwIfAborted()
  // from here on others may deal with it: it counts as up
  parts.api = await serve(app, socket)
  await writeDaemonFile(config.dir, { pid: process.pid, socket, version }, say)
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
}

/** Prints what happens. `started` comes first, so what happened a moment before is told right after it. */
function logEvents ({ io, json }: DaemonInit, feed: EventFeed): void {
  const log = eventLog(io.out, json)
  const early: DaemonEvent[] = []
  let started = false

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
