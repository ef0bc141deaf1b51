import { withDir, withExamples, withJson } from '../cli/command.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect } from '../client/api-client.ts'
import { stateDir } from '../config/dir.ts'
import { jsonDocument } from '../text/json.ts'
import { printable } from '../text/printable.ts'
import { sameAddressText } from '../text/same-address.ts'
import { table } from '../text/table.ts'
import { count, formatDuration } from '../text/units.ts'
import type { Bind } from '../cli/command.ts'
import type { ExitCode } from '../cli/exit-codes.ts'
import type { CopyVerdict, VerifyResult } from '@nara-stash/node'
import type { Command } from 'commander'

const verdicts: Record<CopyVerdict, string> = {
  proved: 'proved',
  older: 'older: it has an older version',
  newer: 'newer: it has a newer version',
  conflict: 'conflict: it has a version that does not know of this one',
  missing: 'missing: it has none',
  altered: 'altered: its proof is wrong',
  busy: 'busy: it gives one proof a minute; ask again then',
  refused: 'refused to answer',
  unreachable: 'unreachable',
  timeout: 'did not answer in time'
}

export function configure (command: Command, bind: Bind): void {
  withJson(withDir(command))
  command.addHelpText('after', '\nEvery confidant is challenged, each time anew, to prove byte by byte that it has the newest version. It gives one proof a minute: the last one stands until then, with its age. Who lost or altered it is replaced by the daemon.')
  withExamples(command, [
    ['nara-stash verify', 'is every copy what it should be?'],
    ['nara-stash verify --json || alert', 'in a cron job']
  ], [0, 1, 2, 3, 4, 5], {
    0: 'done: as many copies as wanted were proved',
    1: 'error, or fewer copies proved than make the stash safe',
    3: 'fewer copies proved than wanted'
  })

  bind(command, async (io, { dir, json }) => {
    const result = await (await connect(stateDir(io, dir))).verify()

    io.out.write(json === true ? jsonDocument(result) : verifyText(result))

    return verifyCode(result)
  })
}

/** A stash with fewer copies than wanted is still safe; with fewer than the minimum it is not. */
export function verifyCode ({ have, minimum, target }: VerifyResult): ExitCode {
  return have >= target ? exitCodes.done : have >= minimum ? exitCodes.degraded : exitCodes.error
}

function verdictText ({ verdict, provedAgo }: VerifyResult['copies'][number]): string {
  if (provedAgo == null || provedAgo === 0) {
    return verdicts[verdict]
  }

  const ago = `${formatDuration(Math.max(1, Math.round(provedAgo / 1_000)) * 1_000)} ago`

  return verdict === 'proved' ? `proved ${ago}; it gives one proof a minute` : `${verdicts[verdict]}; it last proved it ${ago}`
}

function verifyText (result: VerifyResult): string {
  const { seq, copies, have, minimum, target } = result
  const shared = sameAddressText(result, 'proved it')
  const rows = copies.map(copy => [printable(copy.peer), copy.name === '' ? '-' : printable(copy.name), formatDuration(copy.ms), verdictText(copy)])
  const safe = have >= minimum ? have >= target ? '' : ', enough to be safe' : `; ${minimum} make it safe`

  return (copies.length === 0 ? '' : table([['CONFIDANT', 'NAME', 'TOOK', 'VERDICT'], ...rows]) + '\n') +
    `version ${seq}: ${have} of ${count(target, 'copy', 'copies')} proved${safe}\n${shared == null ? '' : `${shared}\n`}`
}
