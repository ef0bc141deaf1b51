import { Command, CommanderError } from 'commander'
import { fileError } from '../files/read-small.ts'
import { UsageError } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import { givenFolder, hintingIo } from './hints.ts'
import { report } from './report.ts'
import type { CommandModule, CommonOptions } from './command.ts'
import type { Io } from './io.ts'

interface Entry {
  name: string
  summary: string
  /** A command's own module is loaded only for that command, and libp2p only by `start`: `status` is quick. */
  load: () => Promise<CommandModule>
}

const entries: Entry[] = [
  entry('start', 'run a nara: the daemon that the other commands talk to', async () => await import('../commands/start.ts')),
  entry('put', 'make a file, or standard input, the stash', async () => await import('../commands/put.ts')),
  entry('get', 'print the stash, or write it to a file', async () => await import('../commands/get.ts')),
  entry('status', 'tell how the stash is, or wait until it is as you want it', async () => await import('../commands/status.ts')),
  entry('peers', 'list the naras that were met', async () => await import('../commands/peers.ts')),
  entry('confidants', 'list or choose those who hold the stash', async () => await import('../commands/confidants.ts')),
  entry('recover', 'ask everybody for the newest stash, or decide in doubt', async () => await import('../commands/recover.ts')),
  entry('forget', 'delete the stash everywhere', async () => await import('../commands/forget.ts')),
  entry('verify', 'have every confidant prove its copy', async () => await import('../commands/verify.ts')),
  entry('drill', 'recover beside what is here, compare, and discard it', async () => await import('../commands/drill.ts')),
  entry('leave', 'hand on what is held for others, and stop for good', async () => await import('../commands/leave.ts')),
  entry('invite', 'print what a friend needs to join the network', async () => await import('../commands/invite.ts')),
  entry('join', 'join the network of an invitation', async () => await import('../commands/join.ts')),
  entry('id', 'make, show, write down and bring in a soul', async () => await import('../commands/id.ts')),
  entry('psk', 'make a private-network key', async () => await import('../commands/psk.ts')),
  entry('demo', 'watch six naras lose and recover a stash', async () => await import('../commands/demo.ts')),
  entry('version', 'tell the versions', async () => await import('../commands/version.ts'))
]

function entry (name: string, summary: string, load: Entry['load']): Entry {
  return { name, summary, load }
}

/**
 * Runs a command line.
 *
 * @returns the exit code (README.md, "Exit codes")
 */
export async function run (argv: readonly string[], io: Io): Promise<number> {
  const args = rewriteHelp(argv)
  const name = args.find(arg => !arg.startsWith('-'))
  const isText = !asksForJson(args)
  let folder: string | undefined
  let code: number

  try {
    code = await parse(args, name, io, dir => {
      folder = givenFolder(io, dir)

      return hintingIo(io, folder, isText)
    })
  } catch (error) {
    code = report(io, error, isText ? 'text' : name === 'start' ? 'line' : 'document', folder)
  }

  try {
    await io.out.flush()
    await io.err.flush()
  } catch (error) {
    return code === exitCodes.done ? report(io, fileError('write to', 'standard output', error), 'text') : code
  }

  return code
}

/** @param ioFor - what a command sees of the process, once it is known which folder was given */
async function parse (args: string[], name: string | undefined, io: Io, ioFor: (dir: string | undefined) => Io): Promise<number> {
  let code: number = exitCodes.done
  const program = createProgram(io)

  for (const entry of entries) {
    const command = program.command(entry.name).summary(entry.summary).description(entry.summary)

    if (entry.name === name) {
      const module = await entry.load()

      module.configure(command, (bound, handler) => {
        bound.action(async () => {
          code = await handler(ioFor(bound.optsWithGlobals<CommonOptions>().dir), bound.opts(), ...bound.args)
        })
      })
    }
  }

  try {
    await program.parseAsync(args, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) {
      throw error
    }

    if (error.exitCode !== 0) {
      throw usageError(error, program.commands.find(command => command.name() === name) ?? program)
    }
  }

  return code
}

function createProgram (io: Io): Command {
  return new Command('nara-stash')
    .description('Keeps what your program remembers with peers that you trust: only you can read it, ' +
      'and the soul alone brings it back.')
    .option('-V, --version', 'tell the version')
    .helpCommand('help [command]', 'tell how to use a command')
    .exitOverride()
    .configureOutput({
      writeOut: text => { io.out.write(text) },
      writeErr: text => { io.err.write(text) },
      // what is wrong is said once, by report()
      outputError: () => {},
      getOutHelpWidth: () => io.out.stream.columns ?? 100,
      getErrHelpWidth: () => io.err.stream.columns ?? 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false
    })
}

function usageError (error: CommanderError, command: Command): UsageError {
  const name = command.parent == null ? command.name() : `${command.parent.name()} ${command.name()}`
  const hint = `usage: ${name} ${command.usage()}; more: ${name} --help`
  const message = error.message.replace(/^error: /, '').replaceAll('\n', ' ')
  const verbs = command.parent == null ? [] : command.commands.map(verb => verb.name())
  const choice = verbs.length === 0 ? '' : `; it takes one of: ${verbs.join(', ')}`

  switch (error.code) {
    // what stands there by mistake may be a secret (words, a soul): it is not repeated
    case 'commander.excessArguments':
      return new UsageError(message.replace(/: .*$/, '') + choice, hint)
    case 'commander.unknownCommand':
      return new UsageError(message.replace(/'[^']{20,}'/, '') + choice, hint)
    case 'commander.unknownOption':
      return new UsageError(message.replace(/=[^']*/, ''), hint)
    case 'commander.help':
      return new UsageError('which command?', hint)
    default:
      return new UsageError(message, hint)
  }
}

/** `help put` is `put --help`: only the command that is asked for is loaded. `--version` alone is `version`. */
function rewriteHelp (argv: readonly string[]): string[] {
  const [first, ...rest] = argv

  if (first === 'help') {
    const name = rest.find(arg => !arg.startsWith('-'))

    // of a command that there is not, commander would tell the whole program's help, as if all were well
    return name == null || entries.some(entry => entry.name === name) ? [...rest, '--help'] : [name]
  }

  return first === '-V' || first === '--version' ? ['version', ...rest] : [...argv]
}

function asksForJson (args: string[]): boolean {
  const end = args.indexOf('--')

  return args.slice(0, end === -1 ? args.length : end).includes('--json')
}
