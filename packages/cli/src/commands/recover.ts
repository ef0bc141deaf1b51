import { withDir, withExamples, withJson } from '../cli/command.ts'
import { flagValue, timeAllowed } from '../cli/arguments.ts'
import { confirm } from '../cli/confirm.ts'
import { DaemonError, UsageError } from '../cli/errors.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect, daemonError } from '../client/api-client.ts'
import { doubtText } from '../client/doubt-text.ts'
import { stateDir } from '../config/dir.ts'
import { parseHexId, parseTime } from '../config/values.ts'
import { MAY_BE_DELETED_WARNING, UNCONFIRMED } from '../text/unconfirmed.ts'
import { jsonDocument } from '../text/json.ts'
import { printable } from '../text/printable.ts'
import { count, formatBytes } from '../text/units.ts'
import type { DecisionAnswer, RecoverAnswer } from '../api/types.ts'
import type { Bind, CommonOptions } from '../cli/command.ts'
import type { Io } from '../cli/io.ts'
import type { ApiClient } from '../client/api-client.ts'
import type { Command } from 'commander'

interface RecoverOptions extends CommonOptions {
  acceptOlder?: true
  adopt?: string
  fresh?: true
  timeout: string
  yes?: true
}

const FRESH_QUESTION = 'Begin with nothing? Whatever was seen of the stash counts as old from then on, also if it turns up again.'

export function configure (command: Command, bind: Bind): void {
  command
    .option('--accept-older', 'in doubt: go on from the best version that can be read')
    .option('--adopt <id>', 'go on from this version, one of a doubt or one that was set aside: the first 8 digits of its id, or more')
    .option('--fresh', 'in doubt: begin with nothing')
    .option('--timeout <time>', 'how long to wait for enough copies of what was chosen', '10s')
    .option('--yes', 'do not ask before --fresh')
  withJson(withDir(command))
  command.addHelpText('after', '\nA daemon recovers by itself when it starts; this asks again, now. In doubt it tells what was seen and what can be done; nothing is ' +
    'overwritten before you choose, and what you do not choose is set aside as far as it can be read, and so is a write that waits (not with --fresh: then it is the stash). --fresh lasts once something was put: a daemon that ' +
    'starts again before that is in doubt again.')
  withExamples(command, [
    ['nara-stash recover && nara-stash get -o state.json', 'ask, then read'],
    ['nara-stash get --doubtful -o old.json && nara-stash recover --accept-older', 'the newest is gone: look at what is left, and go on from it'],
    ['nara-stash recover --adopt 1f2e3d4c', 'of two versions, this one']
  ], [0, 1, 2, 3, 4, 5, 6])

  bind<RecoverOptions>(command, async (io, options) => {
    const { dir, json = false, timeout, yes = false } = options
    const milliseconds = flagValue('--timeout', timeout, parseTime(1), timeAllowed)
    const id = options.adopt == null ? undefined : flagValue('--adopt', options.adopt, parseHexId, 'the first 8 hex digits of an id, or more')

    if ([options.acceptOlder, options.adopt, options.fresh].filter(choice => choice != null).length > 1) {
      throw new UsageError('only one of --accept-older, --adopt and --fresh can be meant')
    }

    const daemon = await connect(stateDir(io, dir))

    if (options.fresh === true) {
      return await startFresh(io, daemon, yes, json)
    }

    if (options.acceptOlder === true || id != null) {
      return decided(io, await (id == null ? daemon.acceptOlder(milliseconds) : daemon.adopt(id, milliseconds)), json)
    }

    return await recover(io, daemon, json)
  })
}

async function recover (io: Io, daemon: ApiClient, json: boolean): Promise<number> {
  let answer: RecoverAnswer

  try {
    answer = await daemon.recover()
  } catch (error) {
    if (error instanceof DaemonError && error.name === 'DoubtfulError') {
      return await tellDoubt(io, daemon, error, json)
    }

    throw error
  }

  io.out.write(json
    ? jsonDocument(answer)
    : `recovered version ${answer.seq ?? '?'}, ${formatBytes(answer.bytes)}, of ${answer.updatedAt}\nsha256 ${answer.sha256}\n${writesAside(answer)}`)

  if (answer.state === 'doubtful') {
    return exitCodes.doubtful
  }

  if (answer.mayBeDeleted) {
    io.err.write(MAY_BE_DELETED_WARNING)
  }

  if (!answer.confirmed) {
    io.err.write(UNCONFIRMED)
  }

  return exitCodes.done
}

async function tellDoubt (io: Io, daemon: ApiClient, error: DaemonError, json: boolean): Promise<number> {
  const { recovery: { doubt }, setAside } = await daemon.status()

  if (doubt == null) {
    // decided, or ended by itself, meanwhile
    throw error
  }

  const { name, message, hint } = error

  io.out.write(json
    ? jsonDocument({ error: { name, message, ...(hint == null ? {} : { hint }) }, doubt, setAside })
    : doubtText(doubt, setAside))

  return exitCodes.doubtful
}

async function startFresh (io: Io, daemon: ApiClient, yes: boolean, json: boolean): Promise<number> {
  const { state } = await daemon.status()

  if (state !== 'doubtful') {
    throw daemonError('NotDoubtfulError', `nothing is in doubt: the state is ${state}`)
  }

  await confirm(io, FRESH_QUESTION, yes)

  const answer = await daemon.startFresh()

  io.out.write(json ? jsonDocument(answer) : `the stash is ${answer.state}: what was seen counts as old. nara-stash put makes the next version\n`)

  return exitCodes.done
}

function decided (io: Io, answer: DecisionAnswer, json: boolean): number {
  const { outcome, seq, bytes, updatedAt, copies, minimum, target, failures } = answer
  const safe = copies >= minimum ? '' : `; ${minimum} make it safe. The daemon goes on trying`

  io.out.write(json
    ? jsonDocument(answer)
    : `${outcome}: what is of ${updatedAt}, ${formatBytes(bytes)}, is version ${seq ?? '?'}, held by ${copies} of ${count(target, 'confidant')}${safe}\n` +
      failures.map(({ peer, why }) => `  ${printable(peer)}: ${printable(why)}\n`).join('') + writesAside(answer))

  return outcome === 'kept' ? exitCodes.done : exitCodes.degraded
}

/** Writes that were not taken, now or before. */
function writesAside ({ setAside }: Pick<RecoverAnswer, 'setAside'>): string {
  return setAside.map(({ id, seq, bytes }, i) => seq == null
    ? `a write of ${formatBytes(bytes)} (${id.slice(0, 12)}) is set aside: nara-stash get --set-aside ${i + 1}, or nara-stash recover --adopt ${id.slice(0, 12)}\n`
    : '').join('')
}
