import { withDir, withExamples, withJson } from '../cli/command.ts'
import { flagValue, timeAllowed } from '../cli/arguments.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect } from '../client/api-client.ts'
import { statusText } from '../client/status-text.ts'
import { waitFor } from '../client/wait-for.ts'
import { stateDir } from '../config/dir.ts'
import { InvalidValueError, parseTime } from '../config/values.ts'
import { jsonDocument } from '../text/json.ts'
import type { Bind, CommonOptions } from '../cli/command.ts'
import type { Condition } from '../client/wait-for.ts'
import type { Parser } from '../config/values.ts'
import type { Command } from 'commander'

/** More than a state: it can be lost with no single machine. */
const safe: Condition = { text: 'safe', holds: status => status.safe === true }

const states = ['searching', 'recovering', 'settled', 'empty', 'doubtful'] as const

export function configure (command: Command, bind: Bind): void {
  command
    .option('--wait <what>', `wait for a state (${states.join(', ')}), until it is safe, or for copies=N; also for a daemon that is still to start`)
    .option('--timeout <time>', 'how long to wait at most', '60s')
  withJson(withDir(command))
  withExamples(command, [
    ['nara-stash status', 'how is it?'],
    ['nara-stash status --wait settled --timeout 30s', 'until the stash is back'],
    ['nara-stash status --wait safe', 'until as many confidants hold it as make it safe'],
    ['nara-stash status --wait copies=3', 'until three confidants hold it']
  ], [0, 1, 2, 5, 6], {
    0: 'done: the state was told, whatever it is',
    1: 'error, or what --wait waits for did not come in time',
    6: 'what --wait waits for did not come in time, and the state is doubtful'
  })

  bind<CommonOptions & { wait?: string, timeout: string }>(command, async (io, { dir, wait, timeout, json }) => {
    const milliseconds = flagValue('--timeout', timeout, parseTime(1), timeAllowed)
    const folder = stateDir(io, dir)
    const status = wait == null
      ? await (await connect(folder)).status()
      : await waitFor({
        condition: flagValue('--wait', wait, parseCondition, `${states.join(', ')}, safe, or copies=N`),
        connect: async () => await connect(folder),
        timeout: milliseconds,
        clock: io.clock
      })

    io.out.write(json === true ? jsonDocument(status) : statusText(status))

    return exitCodes.done
  })
}

const parseCondition: Parser<Condition> = raw => {
  const text = String(raw)
  const copies = /^copies=(\d{1,2})$/.exec(text)?.[1]
  const state = states.find(known => known === text)

  if (copies != null) {
    return { text, holds: status => status.copies.have >= Number(copies) }
  }

  if (text === safe.text) {
    return safe
  }

  if (state == null) {
    throw new InvalidValueError()
  }

  return { text, holds: status => status.state === state }
}
