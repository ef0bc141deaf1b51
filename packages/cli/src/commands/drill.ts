import { withDir, withExamples, withJson } from '../cli/command.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect } from '../client/api-client.ts'
import { stateDir } from '../config/dir.ts'
import { doubtReasons } from '../text/doubt-reasons.ts'
import { jsonDocument } from '../text/json.ts'
import { MAY_BE_DELETED_WARNING } from '../text/unconfirmed.ts'
import { count, formatBytes, formatDuration } from '../text/units.ts'
import type { Bind } from '../cli/command.ts'
import type { ExitCode } from '../cli/exit-codes.ts'
import type { DrillResult } from '@nara-stash/node'
import type { Command } from 'commander'

/** What each outcome is to a cron job. */
const codes: Record<DrillResult['outcome'], ExitCode> = {
  identical: exitCodes.done,
  same: exitCodes.degraded,
  doubtful: exitCodes.doubtful,
  older: exitCodes.doubtful,
  different: exitCodes.doubtful,
  unmatched: exitCodes.doubtful,
  nothing: exitCodes.nothingFound
}

export function configure (command: Command, bind: Bind): void {
  withJson(withDir(command))
  command.addHelpText('after', '\nRecovers the stash from the network into memory, with nothing but the soul, as if this machine were lost; compares it with what the daemon has, ' +
    'and discards it. The time that it tells counts from when its peers are connected: a return also takes the start of a process, finding the others and dialling them. ' +
    'Ends with 0 if it is identical and a recovery would be sure of it, with 3 if it would not be sure, with 4 if nothing came back, with 6 if it is older or ' +
    'another version, if there is none here to compare it with, or if a recovery would end in doubt.')
  withExamples(command, [
    ['nara-stash drill', 'would it come back, and how fast?'],
    ['nara-stash drill --json || alert', 'in a cron job']
  ], [0, 1, 2, 3, 4, 5, 6], {
    3: 'identical, but a recovery would not be sure that there is none newer',
    6: 'doubtful: what came back is older, or another version, or is doubtful itself'
  })

  bind(command, async (io, { dir, json }) => {
    const result = await (await connect(stateDir(io, dir))).drill()

    io.out.write(json === true ? jsonDocument(result) : drillText(result))

    if (result.mayBeDeleted) {
      io.err.write(MAY_BE_DELETED_WARNING)
    }

    return codes[result.outcome]
  })
}

/** How what came back stands to what is here. */
const meanings: Record<Exclude<DrillResult['outcome'], 'nothing' | 'doubtful'>, string> = {
  identical: 'it is identical to what is here',
  same: 'it is identical to what is here, but what was answered is not enough to be sure that there is none newer',
  older: 'it is OLDER than what is here: the newest version has no copies within reach',
  different: 'it is NOT what is here',
  unmatched: 'there is nothing here to compare it with'
}

function drillText ({ outcome, doubt, seq, bytes, holders, answered, of, confirmed, ms }: DrillResult): string {
  const inDoubt = doubt == null ? '' : `a recovery would end in doubt (${doubt}) ${formatDuration(ms.total)} after its peers are connected: ${doubtReasons[doubt]}\n`

  if (seq == null || outcome === 'nothing') {
    return `nothing: ${answered} of ${count(of, 'peer')} answered, and no version came back\n${inDoubt}`
  }

  const found = `version ${seq} (${formatBytes(bytes)}) came back, shown by ${count(holders, 'peer')}; ${answered} of ${of} answered`

  return outcome === 'doubtful'
    ? `doubtful: ${found}; it would not be taken before you decide\n${inDoubt}`
    : `${outcome}: ${found}; ${meanings[outcome]}\n` +
      `a recovery would take ${formatDuration(ms.total)} once its peers are connected: ${formatDuration(ms.settled)} until ` +
      `${confirmed ? 'it is sure' : 'it is taken, unconfirmed,'} which version is the newest, ${formatDuration(ms.body)} for its bytes; ` +
      'to start, and to find and dial its peers, comes before that\n'
}
