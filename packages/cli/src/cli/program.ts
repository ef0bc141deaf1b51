import { Command, CommanderError } from 'commander'
import { UsageError } from './errors.ts'
import { exitCodes } from './exit-codes.ts'
import { report } from './report.ts'
import type { CommandModule } from './command.ts'
import type { Io } from './io.ts'

interface Entry {
  name: string
  summary: string
  /** A command's own module is loaded only for that command, and libp2p only by `start`: `status` is quick. */
  load: () => Promise<CommandModule>
}

const entries: Entry[] = [
  { name: 'start', summary: 'run a nara: the daemon that the other commands talk to', load: async () => await import('../commands/start.ts') },
  { name: 'put', summary: 'make a file, or standard input, the stash', load: async () => await import('../commands/put.ts') },
  { name: 'get', summary: 'print the stash, or write it to a file', load: async () => await import('../commands/get.ts') },
  { name: 'status', summary: 'tell how the stash is, or wait until it is as you want it', load: async () => await import('../commands/status.ts') },
  { name: 'peers', summary: 'list the naras that were met', load: async () => await import('../commands/peers.ts') },
  { name: 'confidants', summary: 'list or choose those who hold the stash', load: async () => await import('../commands/confidants.ts') },
  { name: 'recover', summary: 'ask everybody for the newest stash', load: async () => await import('../commands/recover.ts') },
  { name: 'id', summary: 'make, show, write down and bring in a soul', load: async () => await import('../commands/id.ts') },
  { name: 'demo', summary: 'watch six naras lose and recover a stash', load: async () => await import('../commands/demo.ts') },
  { name: 'version', summary: 'tell the versions', load: async () => await import('../commands/version.ts') }
]

/**
 * Runs a command line.
 *
 * @returns the exit code (README.md, "Exit codes")
 */
export async function run (argv: readonly string[], io: Io): Promise<number> {
  const args = rewriteHelp(argv)
  const name = args.find(arg => !arg.startsWith('-'))
  let code: number

  try {
    code = await parse(args, name, io)
  } catch (error) {
    code = report(io, error, asksForJson(args) ? name === 'start' ? 'line' : 'document' : 'text')
  }

  try {
    await io.out.flush()
    await io.err.flush()
  } catch (error) {
    return code === exitCodes.done ? report(io, error, 'text') : code
  }

  return code
}

async function parse (args: string[], name: string | undefined, io: Io): Promise<number> {
  let code: number = exitCodes.done
  const program = createProgram(io)

  for (const entry of entries) {
    const command = program.command(entry.name).summary(entry.summary).description(entry.summary)

    if (entry.name === name) {
      const module = await entry.load()

      module.configure(command, (bound, handler) => {
        bound.action(async () => {
          code = await handler(io, bound.opts(), ...bound.args)
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
    .description('Keeps what your program remembers with peers that you trust: only you can read it, and the soul alone brings it back.')
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

  switch (error.code) {
    // what stands there by mistake may be a secret (words, a soul): it is not repeated
    case 'commander.excessArguments':
      return new UsageError(message.replace(/: .*$/, ''), hint)
    case 'commander.unknownCommand':
      return new UsageError(message.replace(/'[^']{20,}'/, ''), hint)
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
    return [...rest, '--help']
  }

  return first === '-V' || first === '--version' ? ['version', ...rest] : [...argv]
}

function asksForJson (args: string[]): boolean {
  const end = args.indexOf('--')

  return args.slice(0, end === -1 ? args.length : end).includes('--json')
}
