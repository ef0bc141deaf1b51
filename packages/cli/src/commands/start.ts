import { Option } from 'commander'
import { withDir, withExamples, withJson } from '../cli/command.ts'
import { UsageError } from '../cli/errors.ts'
import { stateDir } from '../config/dir.ts'
import { loadConfig, unknownVariables } from '../config/load.ts'
import { settings } from '../config/settings.ts'
import { printable } from '../text/printable.ts'
import type { Bind } from '../cli/command.ts'
import type { Io } from '../cli/io.ts'
import type { Setting, SettingKey } from '../config/settings.ts'
import type { OpenDatastore } from '../daemon/nara-options.ts'
import type { Command } from 'commander'

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
  ], [0, 1, 2])

  bind(command, async (io, options) => {
    const json = options.json === true
    const exitWithParent = options.exitWithParent === true
    const dir = stateDir(io, options.dir as string | undefined)
    const config = await loadConfig({ dir, flags: flagsOf(command, options), io })

    if (exitWithParent && config.soulFile === '-') {
      throw new UsageError('--exit-with-parent watches standard input, so the soul cannot come from there')
    }

    warnOfUnknown(io)

    const [{ createNara }, { runDaemon }] = await Promise.all([import('@nara-stash/node'), import('../daemon/run-daemon.ts')])

    return await runDaemon({ config, io, json, exitWithParent, createNara, openDatastore })
  })
}

/** What the command line gave, by setting; commander fills in a default for `--no-mdns`, which does not count. */
function flagsOf (command: Command, options: Record<string, unknown>): Partial<Record<SettingKey, unknown>> {
  return Object.fromEntries(keys.flatMap(key => {
    const attribute = new Option(settings[key].flag).attributeName()

    return command.getOptionValueSource(attribute) === 'cli' ? [[key, options[attribute]]] : []
  }))
}

function help ({ about, otherwise, default: value }: Setting<unknown>): string {
  const shown = otherwise ?? (value == null || typeof value === 'boolean' || (Array.isArray(value) && value.length === 0) ? undefined : String(value))

  return shown == null ? about : `${about} (default: ${shown})`
}

function warnOfUnknown (io: Io): void {
  for (const { name, meant } of unknownVariables(io.env)) {
    io.err.write(`nara-stash: ${printable(name)} is no setting and was ignored${meant == null ? '' : `; did you mean ${meant}?`}\n`)
  }
}

const openDatastore: OpenDatastore = async path => {
  const { LevelDatastore } = await import('datastore-level')
  const datastore = new LevelDatastore(path)

  await datastore.open()

  return { datastore, close: async () => { await datastore.close() } }
}
