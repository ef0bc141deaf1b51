import { withDir, withExamples, withJson } from '../cli/command.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect } from '../client/api-client.ts'
import { stateDir } from '../config/dir.ts'
import { jsonDocument } from '../text/json.ts'
import { formatBytes } from '../text/units.ts'
import type { Bind } from '../cli/command.ts'
import type { Command } from 'commander'

export function configure (command: Command, bind: Bind): void {
  withJson(withDir(command))
  command.addHelpText('after', '\nA daemon recovers by itself when it starts; this asks again, now.')
  withExamples(command, [['nara-stash recover && nara-stash get -o state.json', 'ask, then read']], [0, 1, 2, 4, 5, 6])

  bind(command, async (io, { dir, json }) => {
    const answer = await (await connect(stateDir(io, dir))).recover()

    io.out.write(json === true
      ? jsonDocument(answer)
      : `recovered version ${answer.seq}, ${formatBytes(answer.bytes)}, of ${answer.updatedAt}\nsha256 ${answer.sha256}\n`)

    return answer.state === 'doubtful' ? exitCodes.doubtful : exitCodes.done
  })
}
