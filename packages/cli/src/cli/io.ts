import type { Clock } from '../clock.ts'
import type { Readable } from 'node:stream'

/** Where a command writes. A reader that goes away is not an error: what is written after that is dropped. */
export interface Output {
  /** Never throws and never blocks; `flush` tells how it went. */
  write (chunk: string | Uint8Array): void

  /** Resolves once everything has been handed to the system. @throws the first write's error (a full disk) */
  flush (): Promise<void>

  /** Gives up what a reader has not taken and drops what is written from here on: `flush` does not wait for it. */
  abandon (): void

  /** Bytes that a slow reader has not taken yet. */
  readonly backlog: number

  /** The underlying stream, for what looks at terminals (colours, width). */
  readonly stream: NodeJS.WritableStream & { isTTY?: boolean, columns?: number }
}

/** SIGHUP: the terminal was closed, or the connection to it broke. */
export type StopSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM'

/** All that a command sees of the process it runs in: tests give it another one. */
export interface Io {
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  stdin: Readable
  out: Output
  err: Output
  clock: Clock

  /**
   * Calls `handler` for each SIGHUP, SIGINT and SIGTERM until what it returns is called. While nobody listens, a signal ends the
   * process as `die` does.
   */
  onStopSignal (handler: (signal: StopSignal) => void): () => void

  /** Ends the process: as `die` does if a thread of it is stuck, on a disk that does not answer for one. */
  exit (code: number): void

  /** Lets the signal end the process, at once and whatever it is doing: to a shell that is exit code 128 + the signal's number. */
  die (signal: StopSignal): void
}
