import { constants } from 'node:os'
import { systemClock } from '../clock.ts'
import type { Io, Output, StopSignal } from './io.ts'
import type { Writable } from 'node:stream'

/** What threads have that read or write files when the process is to exit, and how often it is looked at them. Milliseconds. */
const THREAD_GRACE = 1_000
const THREAD_LOOK = 50

type SignalHandler = (signal: StopSignal) => void

/** The real process. */
export function processIo (): Io {
  const handlers = new Set<SignalHandler>()

  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      if (handlers.size === 0) {
        die(signal)
      }

      for (const handler of handlers) {
        handler(signal)
      }
    })
  }

  return {
    env: process.env,
    cwd: process.cwd(),
    get stdin () { return process.stdin },
    out: processOutput(process.stdout),
    err: processOutput(process.stderr),
    clock: systemClock,
    onStopSignal: handler => {
      handlers.add(handler)

      return () => { handlers.delete(handler) }
    },
    exit: code => { void exit(code) },
    die
  }
}

/**
 * `process.exit` waits for the threads that read and write files, and one of them may be stuck: in a pipe that nobody opens, or on a
 * disk that does not answer. Only a signal ends that.
 */
async function exit (code: number): Promise<void> {
  const until = systemClock.now() + THREAD_GRACE

  while (process.getActiveResourcesInfo().some(name => name.startsWith('FSReq'))) {
    if (systemClock.now() > until) {
      return die('SIGTERM')
    }

    await systemClock.wait(THREAD_LOOK)
  }

  process.exit(code)
}

/** Whatever its threads are stuck in. */
function die (signal: StopSignal): void {
  // those who have something to clear when this process exits
  process.emit('exit', 128 + constants.signals[signal])
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}

/** Writes to a stream of this process. */
export function processOutput (stream: Output['stream'] & Writable): Output {
  let readerGone = false
  let failure: Error | undefined
  let unfinished = 0
  let idle = Promise.withResolvers<void>()

  // without a listener the error of a write would end the process
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // a terminal that was closed gives EIO (tty_ioctl(4), "hung up"); a disk that fails gives it, too
    const isClosed = error.code === 'EIO' && stream.isTTY === true

    if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED' || isClosed) {
      readerGone = true
    } else {
      failure ??= error
    }
  })

  return {
    stream,
    get backlog () { return readerGone ? 0 : stream.writableLength },
    write: chunk => {
      if (readerGone || failure != null) {
        return
      }

      unfinished++
      stream.write(chunk, () => {
        if (--unfinished === 0) {
          idle.resolve()
          idle = Promise.withResolvers()
        }
      })
    },
    abandon: () => {
      readerGone = true
      unfinished = 0
      idle.resolve()
    },
    flush: async () => {
      if (unfinished > 0) {
        await idle.promise
      }

      if (failure != null) {
        throw failure
      }
    }
  }
}
