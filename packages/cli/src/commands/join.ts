import { resolve } from 'node:path'
import { withDir, withExamples, withJson } from '../cli/command.ts'
import { CommandError, UsageError } from '../cli/errors.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect } from '../client/api-client.ts'
import { stateDir } from '../config/dir.ts'
import { settings } from '../config/settings.ts'
import { readSmallFile } from '../files/read-small.ts'
import { readInput } from '../files/read-stream.ts'
import { acceptInvitation } from '../invite/accept-invitation.ts'
import { looksLikeInvitation, parseInvitation } from '../invite/invitation.ts'
import { jsonDocument } from '../text/json.ts'
import { printable } from '../text/printable.ts'
import { count } from '../text/units.ts'
import type { Bind, CommonOptions } from '../cli/command.ts'
import type { Io } from '../cli/io.ts'
import type { Command } from 'commander'

/** Eight long addresses are 2 KiB. */
const MAX_INVITATION = 16 * 1024

interface JoinOptions extends CommonOptions {
  force?: true
}

export function configure (command: Command, bind: Bind): void {
  command
    .argument('[file]', 'a file, or - for standard input', '-')
    .option('--force', 'also if the folder is of another network; its private-network key is replaced')
    .allowExcessArguments()
  withJson(withDir(command))
  command.addHelpText('after', "\nWrites the invitation's addresses and network to DIR/config.json and its key to DIR/network.key (0600). The daemon reads them when it starts. " +
    'An invitation is never given as an argument, as it may hold a key and others can read those.')
  withExamples(command, [
    ['nara-stash join friend.invite', 'from a file'],
    ['nara-stash join --dir /srv/nara', 'paste it, then Ctrl-D']
  ], [0, 1, 2])

  bind<JoinOptions>(command, async (io, { dir, force, json }, source = '-', ...more) => {
    if (more.length > 0 || looksLikeInvitation(source)) {
      throw new UsageError('an invitation is never given as an argument: it may hold a key, and others can read the arguments of a process',
        'give it on standard input, or in a file')
    }

    const folder = stateDir(io, dir)
    const invitation = parseInvitation(await textOf(source, io))
    const { config, pskFile, bootstrap } = await acceptInvitation(invitation, folder, force === true)
    const restart = await daemonRuns(folder)
    const addresses = invitation.addresses.length

    if (json === true) {
      io.out.write(jsonDocument({ network: invitation.network, bootstrap, config, ...(pskFile == null ? {} : { pskFile }), restart }))
    } else {
      io.out.write(`joined the network ${printable(invitation.network)}: ${count(addresses, 'address', 'addresses')}` +
        `${pskFile == null ? ', without a key' : `, its key is in ${printable(pskFile)}`}\n` +
        (restart ? `the daemon of ${printable(folder)} runs with its old settings: restart it\n` : 'next: nara-stash start\n'))
    }

    warnOfVariables(io)

    return exitCodes.done
  })
}

async function textOf (source: string, io: Pick<Io, 'stdin' | 'err' | 'cwd'>): Promise<string> {
  return source === '-'
    ? (await readInput(io, { what: 'the invitation', limit: MAX_INVITATION })).toString('utf8')
    : (await readSmallFile(resolve(io.cwd, source), MAX_INVITATION)).text
}

async function daemonRuns (dir: string): Promise<boolean> {
  try {
    await (await connect(dir)).status()

    return true
  } catch (error) {
    // whatever it was, the settings are written; what start says then is more to the point
    if (error instanceof CommandError) {
      return false
    }

    throw error
  }
}

function warnOfVariables ({ env, err }: Pick<Io, 'env' | 'err'>): void {
  const set = [settings.network, settings.bootstrap, settings.pskFile].map(setting => setting.env).filter(name => (env[name] ?? '') !== '')

  if (set.length > 0) {
    err.write(`nara-stash: ${set.join(', ')} ${set.length === 1 ? 'is' : 'are'} set and will win over what was joined\n`)
  }
}
