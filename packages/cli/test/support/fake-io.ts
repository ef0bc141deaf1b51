import { EventEmitter } from 'node:events'
import { constants } from 'node:os'
import { PassThrough, Readable } from 'node:stream'
import { expect } from 'vitest'
import { systemClock } from '../../src/clock.ts'
import type { Io, Output, StopSignal } from '../../src/cli/io.ts'

export interface FakeIo extends Io {
  readonly stdout: Buffer
  readonly stderr: string
  /** The JSON documents or lines on standard output. */
  json (): unknown
  signal (signal: StopSignal): void
  readonly exits: number[]
  /** Resolves when a line on standard output matches, now or later. */
  line (pattern: RegExp): Promise<string>
}

export interface FakeIoInit {
  env?: Record<string, string>
  stdin?: string | Uint8Array | Readable
  cwd?: string
}

/** A process for a command under test: its output is kept, its signals are given by the test. */
export function fakeIo ({ env = {}, stdin = '', cwd = process.cwd() }: FakeIoInit = {}): FakeIo {
  const out = fakeOutput()
  const err = fakeOutput()
  const signals = new EventEmitter()
  const exits: number[] = []

  return {
    // the tests' own environment must not be taken for settings
    env: { HOME: '/nonexistent', ...env },
    cwd,
    stdin: stdin instanceof Readable ? stdin : Readable.from(stdin.length === 0 ? [] : [Buffer.from(stdin)]),
    out: out.output,
    err: err.output,
    clock: systemClock,
    onStopSignal: handler => {
      signals.on('signal', handler)

      return () => { signals.off('signal', handler) }
    },
    exit: code => { exits.push(code) },
    die: signal => { exits.push(128 + constants.signals[signal]) },
    get stdout () { return Buffer.concat(out.chunks) },
    get stderr () { return Buffer.concat(err.chunks).toString() },
    json: () => JSON.parse(Buffer.concat(out.chunks).toString()) as unknown,
    signal: signal => { signals.emit('signal', signal) },
    exits,
    line: async pattern => await out.line(pattern)
  }
}

function fakeOutput (): { output: Output, chunks: Buffer[], line: (pattern: RegExp) => Promise<string> } {
  const chunks: Buffer[] = []
  const written = new EventEmitter()
  const find = (pattern: RegExp): string | undefined => Buffer.concat(chunks).toString().split('\n').find(line => pattern.test(line))

  return {
    chunks,
    line: async pattern => await new Promise(resolve => {
      const look = (): void => {
        const found = find(pattern)

        if (found != null) {
          written.off('write', look)
          resolve(found)
        }
      }

      written.on('write', look)
      look()
    }),
    output: {
      stream: Object.assign(new PassThrough(), { columns: 100 }),
      backlog: 0,
      write: chunk => {
        chunks.push(Buffer.from(chunk))
        written.emit('write')
      },
      abandon: () => {},
      flush: async () => {}
    }
  }
}

/** Standard input that is a terminal, on which this is typed. */
export function onTerminal (text: string): Readable {
  return Object.assign(Readable.from([Buffer.from(text)]), { isTTY: true })
}

/** How a command shall have ended: its exit code, and what standard error has in it. */
export function ended (code: number, stderr: string | RegExp): { code: number, stderr: string } {
  return { code, stderr: (typeof stderr === 'string' ? expect.stringContaining(stderr) : expect.stringMatching(stderr)) as string }
}
