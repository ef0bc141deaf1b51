import { withDir, withExamples, withJson } from '../cli/command.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect } from '../client/api-client.ts'
import { stateDir } from '../config/dir.ts'
import { jsonDocument } from '../text/json.ts'
import { count, formatBytes, formatDuration } from '../text/units.ts'
import type { Bind } from '../cli/command.ts'
import type { ExitCode } from '../cli/exit-codes.ts'
import type { DrillResult } from '@nara-stash/node'
import type { Command } from 'commander'

/** What each outcome is to a cron job. */
const codes: Record<DrillResult['outcome'], ExitCode> = {
  identical: exitCodes.done,
  older: exitCodes.doubtful,
  different: exitCodes.doubtful,
  nothing: exitCodes.nothingFound
}

export function configure (command: Command, bind: Bind): void {
  withJson(withDir(command))
  command.addHelpText('after', '\nRecovers the stash from the network into memory, with nothing but the soul, as if this machine were lost; compares it with what the daemon has, ' +
    'and discards it. Ends with 0 if it is identical, with 4 if nothing came back, with 6 if it is older or another version.')
  withExamples(command, [
    ['nara-stash drill', 'would it come back, and how fast?'],
    ['nara-stash drill --json || alert', 'in a cron job']
  ], [0, 1, 2, 4, 5, 6])

  bind(command, async (io, { dir, json }) => {
    const result = await (await connect(stateDir(io, dir))).drill()

    io.out.write(json === true ? jsonDocument(result) : drillText(result))

    return codes[result.outcome]
  })
}

function drillText ({ outcome, seq, bytes, holders, answered, of, confirmed, ms }: DrillResult): string {
  if (seq == null) {
    return `nothing: ${answered} of ${count(of, 'peer')} answered, and no version came back\n`
  }

  const found = `version ${seq} (${formatBytes(bytes)}) came back, shown by ${count(holders, 'peer')}; ${answered} of ${of} answered`
  const meaning = {
    identical: 'identical to what is here',
    older: 'OLDER than what is here: the newest version has no copies within reach',
    different: 'NOT what is here',
    nothing: 'but it could not be read'
  }[outcome]

  return `${outcome}: ${found}; it is ${meaning}\n` +
    `a recovery would take ${formatDuration(ms.total)}: ${formatDuration(ms.settled)} until ${confirmed ? 'it is sure' : 'it is taken, unconfirmed,'} which version is the newest, ` +
    `${formatDuration(ms.body)} for its bytes\n`
}
