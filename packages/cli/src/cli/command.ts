import { exitMeanings } from './exit-codes.ts'
import type { ExitCode, SignalCode } from './exit-codes.ts'
import type { Io } from './io.ts'
import type { Command } from 'commander'

/** What `withDir` and `withJson` add to a command's options, as commander hands them over. */
export interface CommonOptions {
  dir?: string
  json?: true
}

/** Carries a command out. @returns the exit code */
export type Handler<O> = (io: Io, options: O, ...args: string[]) => Promise<number>

/** Ties a command to its handler; O is what the command's declarations make of its options. */
export type Bind = <O extends object = CommonOptions>(command: Command, handler: Handler<O>) => void

/** A file in commands/: declares arguments, options and help, and binds the handler. */
export interface CommandModule {
  configure (command: Command, bind: Bind): void
}

/** The options that (nearly) every command has. */
export function withDir (command: Command): Command {
  return command.option('--dir <folder>', "the nara's folder (default: NARA_DIR, or $XDG_STATE_HOME/nara-stash)")
}

export function withJson (command: Command, what = 'print JSON'): Command {
  return command.option('--json', what)
}

type Example = readonly [line: string, what: string]

/** What an exit code means, if that is not what it means to all commands. */
type Meanings = Partial<Record<ExitCode | SignalCode, string>>

/** Examples and exit codes, at the end of `--help`. */
export function withExamples (command: Command, examples: readonly Example[], codes: ReadonlyArray<ExitCode | SignalCode>, meanings: Meanings = {}): Command {
  const width = Math.max(...examples.map(([line]) => line.length))
  const digits = Math.max(...codes.map(code => String(code).length))

  return command.addHelpText('after', [
    '',
    'Examples:',
    ...examples.map(([line, what]) => `  $ ${line.padEnd(width)}  # ${what}`),
    '',
    'Exit codes:',
    ...codes.map(code => `  ${String(code).padEnd(digits)}  ${meanings[code] ?? exitMeanings[code]}`)
  ].join('\n'))
}
