import { withDir, withExamples, withJson } from '../cli/command.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect } from '../client/api-client.ts'
import { stateDir } from '../config/dir.ts'
import { eventText, leftToOthers, lostWithUs } from '../daemon/event-text.ts'
import { isLoss } from '../daemon/own-loss.ts'
import { jsonDocument } from '../text/json.ts'
import type { DaemonEvent } from '../api/types.ts'
import type { Bind } from '../cli/command.ts'
import type { Io } from '../cli/io.ts'
import type { Command } from 'commander'

export function configure (command: Command, bind: Bind): void {
  withJson(withDir(command))
  command.addHelpText('after', '\nFor a machine that goes for good, or for weeks: others are asked to keep what this nara holds for them, for `leaveTimeout` at most; what they took is ' +
    'deleted here, and the daemon stops. What nobody could take stays on the disk, and is here again at the next start. For the night a stop is enough ' +
    '(Ctrl-C, or SIGTERM): it moves nothing.')
  withExamples(command, [
    ['nara-stash leave', 'before the machine is given away'],
    ['nara-stash leave --json', 'in a script: what became of it']
  ], [0, 1, 2, 3, 5], {
    0: 'done: others keep what was held here, and the daemon has stopped',
    3: 'of some stash no other copy is known to be safe, or something of its own is lost with this daemon'
  })

  bind(command, async (io, { dir, json }) => {
    const daemon = await connect(stateDir(io, dir))
    const listening = new AbortController()
    const stopped = tell(await daemon.events(listening.signal), json === true ? undefined : io)

    try {
      const answer = await daemon.leave()

      // its events end when it has stopped
      await stopped

      const lines = [...leftToOthers(answer), ...lostWithUs(answer)]

      io.out.write(json === true ? jsonDocument(answer) : `${lines.length === 0 ? 'held nothing for others' : lines.join('\n')}\nstopped\n`)

      return isLoss(answer) ? exitCodes.degraded : exitCodes.done
    } finally {
      listening.abort()
    }
  })
}

/** Says how far it is, until the daemon has stopped. */
async function tell (events: AsyncIterable<DaemonEvent>, io: Io | undefined): Promise<void> {
  try {
    for await (const event of events) {
      if (event.event === 'held:leaving') {
        io?.err.write(`${eventText(event)}\n`)
      }
    }
  } catch {
    // it ends its connections when it stops
  }
}
