import { Option } from 'commander'
import { withDir, withExamples, withJson } from '../cli/command.ts'
import { UsageError } from '../cli/errors.ts'
import { signalCodes } from '../cli/exit-codes.ts'
import { stateDir } from '../config/dir.ts'
import { loadConfig, unknownVariables } from '../config/load.ts'
import { settings } from '../config/settings.ts'
import { printable } from '../text/printable.ts'
import type { Bind, CommonOptions } from '../cli/command.ts'
import type { Io } from '../cli/io.ts'
import type { Setting, SettingKey } from '../config/settings.ts'
import type { Command } from 'commander'

/** The settings' flags are read by `flagsOf`. */
interface StartOptions extends CommonOptions {
  exitWithParent?: true
}

const keys = Object.keys(settings) as SettingKey[]

export function configure (command: Command, bind: Bind): void {
  withDir(command)

  for (const key of keys) {
    command.addOption(new Option(settings[key].flag, help(settings[key])))
  }

  withJson(command, 'print one event a line as JSON, the first is "started"')
  command.addOption(new Option('--exit-with-parent', 'stop when standard input ends').hideHelp())
  command.addHelpText('after', '\nEach setting can also stand in DIR/config.json or in a variable NARA_*; flags win over variables, ' +
    'variables over the file.')
  withExamples(command, [
    ['nara-stash start', 'in the default folder; finds the naras of the local network'],
    ['nara-stash start --dir /srv/nara --name kiosk', 'another folder, a name of its own'],
    ['nara-stash start --soul-file - < kiosk.soul', 'on another machine: the soul is all it takes'],
    ['nara-stash start --no-mdns --bootstrap /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW...', 'meet the others through one that is known']
  ], [0, 1, 2, 3, ...signalCodes], {
    0: 'stopped in good order',
    3: 'stopped, and left behind what others do not hold safely: its own newest version, a write that waited, or the stash of somebody who is away',
    129: 'ended by SIGHUP before it was up',
    130: 'ended by SIGINT before it was up, or by a second signal',
    143: 'ended by SIGTERM before it was up, or by a second signal'
  })

  bind<StartOptions>(command, async (io, options) => {
    const { json = false, exitWithParent = false } = options
    const config = await loadConfig({ dir: stateDir(io, options.dir), flags: flagsOf(command, options), io })

    if (exitWithParent && config.soulFile === '-') {
      throw new UsageError('--exit-with-parent watches standard input, so the soul cannot come from there')
    }

    warnOfUnknown(io)

    const [{ createNara }, { runDaemon }] = await Promise.all([import('@nara-stash/node'), import('../daemon/run-daemon.ts')])

    return await runDaemon({
      config,
      io,
      json,
      exitWithParent,
      createNara
    })
  })
}

/** What the command line gave, by setting; commander fills in a default for `--no-mdns`, which does not count. */
function flagsOf (command: Command, options: StartOptions): Partial<Record<SettingKey, unknown>> {
  return Object.fromEntries(keys.flatMap(key => {
    const attribute = new Option(settings[key].flag).attributeName()

    return command.getOptionValueSource(attribute) === 'cli' ? [[key, (options as Record<string, unknown>)[attribute]]] : []
  }))
}

function help ({ about, otherwise, default: value }: Setting<unknown>): string {
  const values = Array.isArray(value) ? value.join(' ') : typeof value === 'string' || typeof value === 'number' ? String(value) : ''
  const shown = otherwise ?? values

  return shown === '' ? about : `${about} (default: ${shown})`
}

function warnOfUnknown (io: Io): void {
  for (const { name, meant } of unknownVariables(io.env)) {
    io.err.write(`nara-stash: ${printable(name)} is no setting and was ignored${meant == null ? '' : `; did you mean ${meant}?`}\n`)
  }
}
