import { withDir, withExamples, withJson } from '../cli/command.ts'
import { flagValue, timeAllowed } from '../cli/arguments.ts'
import { confirm } from '../cli/confirm.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect, daemonError } from '../client/api-client.ts'
import { stateDir } from '../config/dir.ts'
import { parseTime } from '../config/values.ts'
import { jsonDocument } from '../text/json.ts'
import { printable } from '../text/printable.ts'
import type { ForgetAnswer } from '../api/types.ts'
import type { Bind, CommonOptions } from '../cli/command.ts'
import type { Command } from 'commander'

interface ForgetOptions extends CommonOptions {
  timeout: string
  yes?: true
}

export function configure (command: Command, bind: Bind): void {
  command
    .option('--timeout <time>', 'how long to wait for those who have copies', '10s')
    .option('--yes', 'do not ask')
  withJson(withDir(command))
  command.addHelpText('after', '\nA signed deletion goes to everybody who has, or may have, a copy. Those who are away learn of it when they come back, from this daemon or ' +
    'from each other. The soul stays; what is put afterwards is a new stash.')
  withExamples(command, [
    ['nara-stash forget', 'asks, then deletes the stash everywhere'],
    ['nara-stash forget --yes --timeout 30s', 'in a script']
  ], [0, 1, 2, 3, 4, 5, 6])

  bind<ForgetOptions>(command, async (io, { dir, timeout, yes = false, json }) => {
    const milliseconds = flagValue('--timeout', timeout, parseTime(1), timeAllowed)
    const daemon = await connect(stateDir(io, dir))
    const { name, state } = await daemon.status()

    if (state === 'doubtful') {
      throw daemonError('DoubtfulError', 'it is in doubt what the stash is: decide that first')
    }

    if (state === 'searching' || state === 'recovering') {
      throw daemonError('StillSearchingError', 'it is not known yet what the stash is')
    }

    await confirm(io, `Delete the stash of ${printable(name)} everywhere? Nobody can bring it back.`, yes)

    const answer = await daemon.forget(milliseconds)

    io.out.write(json === true ? jsonDocument(answer) : forgetText(answer))

    return answer.outcome === 'forgotten' && !untold(answer) ? exitCodes.done : exitCodes.degraded
  })
}

/** With nobody there nobody could be told: whoever has a copy learns of the deletion only if this daemon meets them. */
function untold ({ acknowledged, peers }: ForgetAnswer): boolean {
  return acknowledged === 0 && peers === 0
}

function forgetText (answer: ForgetAnswer): string {
  const { outcome, acknowledged, of, failures } = answer

  if (untold(answer)) {
    return 'deleted here, but nobody could be told: no peer is connected. The daemon tells those it meets: keep it running\n'
  }

  const what = `${acknowledged} of ${of} who have or may have a copy acknowledged the deletion`
  const rest = outcome === 'forgotten'
    ? acknowledged === of ? '' : '. Those who are away learn of it when they come back'
    : '. The daemon goes on telling the others: keep it running'

  return `${outcome}: ${what}${rest}\n${failures.map(({ peer, why }) => `  ${printable(peer)}: ${printable(why)}\n`).join('')}`
}
