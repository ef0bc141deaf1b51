import { withDir, withExamples, withJson } from '../cli/command.ts'
import { flagValue, timeAllowed } from '../cli/arguments.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect } from '../client/api-client.ts'
import { openSource } from '../client/put-source.ts'
import { stateDir } from '../config/dir.ts'
import { parseTime } from '../config/values.ts'
import { jsonDocument } from '../text/json.ts'
import { printable } from '../text/printable.ts'
import { count, formatBytes } from '../text/units.ts'
import type { DaemonStatus, PutAnswer } from '../api/types.ts'
import type { Bind, CommonOptions } from '../cli/command.ts'
import type { Io } from '../cli/io.ts'
import type { Command } from 'commander'

export function configure (command: Command, bind: Bind): void {
  command
    .argument('[file]', 'a file, or - for standard input', '-')
    .option('--timeout <time>', 'how long to wait for enough copies', '10s')
  withJson(withDir(command))
  command.addHelpText('after', '\nEnds as soon as enough confidants acknowledged it, or after the timeout with what there is: ' +
    'in any case the daemon keeps the data and goes on distributing it. An empty input is a stash of 0 bytes: it is taken, with a note.')
  withExamples(command, [
    ['nara-stash put state.json', 'a file'],
    ['pg_dump shop | nara-stash put --timeout 30s', 'standard input']
  ], [0, 1, 2, 3, 5, 6])

  bind<CommonOptions & { timeout: string }>(command, async (io, { dir, timeout, json }, file = '-') => {
    const milliseconds = flagValue('--timeout', timeout, parseTime(1), timeAllowed)
    const daemon = await connect(stateDir(io, dir))
    const { maxStash, stash } = await daemon.status()
    const source = await openSource({ file, limit: maxStash, stdin: io.stdin, cwd: io.cwd })
    const answer = await put(io, async onTaken => await daemon.put(source, milliseconds, onTaken))

    if (answer.bytes === 0) {
      io.err.write(`nara-stash: ${emptyText(answer, stash)}\n`)
    }

    io.out.write(json === true ? jsonDocument(answer) : putText(answer))

    return answer.outcome === 'kept' ? exitCodes.done : exitCodes.degraded
  })
}

/** Whoever breaks off is told what becomes of what was sent. */
async function put (io: Io, send: (onTaken: () => void) => Promise<PutAnswer>): Promise<PutAnswer> {
  let isTaken = false
  const unlisten = io.onStopSignal(signal => {
    if (isTaken) {
      io.err.write('nara-stash: the daemon has it and goes on\n')
    }

    io.die(signal)
  })

  try {
    return await send(() => { isTaken = true })
  } finally {
    unlisten()
  }
}

/** No bytes are a stash like any other, and mostly a pipe that failed. */
function emptyText ({ seq }: PutAnswer, before: DaemonStatus['stash']): string {
  if (seq == null) {
    return 'the input was empty: a stash of 0 B waits'
  }

  return `the input was empty: the stash is 0 B now${before == null || before.bytes === 0 ? '' : '; the version before is gone'}`
}

/** What became of a write, for people. */
export function putText ({ outcome, seq, bytes, copies, minimum, target, failures, peers }: PutAnswer): string {
  const what = `${seq == null ? '' : `version ${seq}, `}${formatBytes(bytes)}`
  const why = failures.map(({ peer, why }) => `  ${printable(peer)}: ${printable(why)}${why === 'too large' ? ', above the limit of that peer (its --max-stash)' : ''}\n`).join('')

  if (outcome === 'kept') {
    return `kept: ${what}, held by ${copies} of ${count(target, 'confidant')}\n${why}`
  }

  if (outcome === 'degraded') {
    return `degraded: ${what}, held by ${copies} of ${count(target, 'confidant')}; ${minimum} make it safe. The daemon goes on trying.\n${why}`
  }

  if (seq == null) {
    return `unstored: ${what} waits until it is known what was stored before. Only this process holds it: keep the daemon running. ` +
      `If there is another version by then, this one is set aside, not taken: nara-stash status tells.\n${why}`
  }

  return `unstored: ${what}. ${peers === 0 ? 'No peer is connected: only' : 'Nobody took it: only'} this process holds it, ` +
    `and it is lost if the daemon ends. It goes on trying.\n${why}`
}
