import { withDir, withExamples, withJson } from '../cli/command.ts'
import { flagValue, timeAllowed } from '../cli/arguments.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect } from '../client/api-client.ts'
import { readSource } from '../client/put-source.ts'
import { stateDir } from '../config/dir.ts'
import { parseTime } from '../config/values.ts'
import { jsonDocument } from '../text/json.ts'
import { printable } from '../text/printable.ts'
import { sameAddressText } from '../text/same-address.ts'
import { count, formatBytes } from '../text/units.ts'
import type { PutAnswer } from '../api/types.ts'
import type { Bind, CommonOptions } from '../cli/command.ts'
import type { Io } from '../cli/io.ts'
import type { Command } from 'commander'

interface PutOptions extends CommonOptions {
  timeout: string
  allowEmpty?: true
}

export function configure (command: Command, bind: Bind): void {
  command
    .argument('[file]', 'a file, or - for standard input', '-')
    .option('--timeout <time>', 'how long to wait for enough copies, from the end of the input on', '10s')
    .option('--allow-empty', 'take an empty input, too: a stash of 0 bytes')
  withJson(withDir(command))
  command.addHelpText('after', '\nEnds as soon as enough confidants acknowledged it, or after the timeout with what there is: ' +
    'in any case the daemon keeps the data and goes on distributing it. An empty input is refused, as a command before it in the pipe may have failed. Data that ends too early cannot be told from data that is ' +
    'whole: if what writes it may fail half-way, let it write a file, and put that once it is done.')
  withExamples(command, [
    ['nara-stash put state.json', 'a file'],
    ['pg_dump shop > shop.sql && nara-stash put shop.sql', 'only what is whole'],
    ['date | nara-stash put --timeout 30s', 'standard input']
  ], [0, 1, 2, 3, 5, 6, 7])

  bind<PutOptions>(command, async (io, { dir, timeout, allowEmpty = false, json }, file = '-') => {
    const milliseconds = flagValue('--timeout', timeout, parseTime(1), timeAllowed)
    const daemon = await connect(stateDir(io, dir))
    const { maxStash: limit } = await daemon.status()
    const data = await readSource({ file, limit, allowEmpty }, io)
    const answer = await put(io, async onTaken => await daemon.put(data, { timeout: milliseconds, allowEmpty, onTaken }))

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

const explanations: Partial<Record<PutAnswer['failures'][number]['why'], string>> = {
  'too large': ', above the limit of that peer (its --max-stash)',
  'not accepting': ', it says that it has no room'
}

/** What became of a write, for people. */
export function putText ({ outcome, seq, coalesced, bytes, copies, sameAddress, minimum, target, failures, peers }: PutAnswer): string {
  const shared = sameAddressText({ have: copies, ...(sameAddress == null ? {} : { sameAddress }) }, 'have it')
  const held = shared == null ? `held by ${copies} of ${count(target, 'confidant')}` : `${copies} of ${count(target, 'copy', 'copies')}`
  const why = [...(shared == null ? [] : [shared]), ...failures.map(failureText)].map(line => `  ${line}\n`).join('')
  const size = formatBytes(bytes)
  const what = seq == null ? size : coalesced === true ? `${size}, written over by version ${seq}` : `version ${seq}, ${size}`

  if (outcome === 'kept') {
    return `kept: ${what}, ${held}\n${why}`
  }

  if (outcome === 'degraded') {
    return `degraded: ${what}, ${held}; ${minimum} make it safe. The daemon goes on trying.\n${why}`
  }

  if (seq == null) {
    return `unstored: ${what} waits until it is known what was stored before. Only this process holds it: keep the daemon running. ` +
      `If there is another version by then, this one is set aside, not taken: nara-stash status tells.\n${why}`
  }

  return `unstored: ${what}. ${peers === 0 ? 'No peer is connected: only' : 'Nobody took it: only'} this process holds it, ` +
    `and it is lost if the daemon ends. It goes on trying.\n${why}`
}

function failureText ({ peer, why }: PutAnswer['failures'][number]): string {
  return `${printable(peer)}: ${printable(why)}${explanations[why] ?? ''}`
}
