import { withDir, withExamples, withJson } from '../cli/command.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect } from '../client/api-client.ts'
import { stateDir } from '../config/dir.ts'
import { jsonDocument } from '../text/json.ts'
import { printable } from '../text/printable.ts'
import { table } from '../text/table.ts'
import { formatDuration } from '../text/units.ts'
import type { Bind } from '../cli/command.ts'
import type { PeerStatus } from '@nara-stash/node'
import type { Command } from 'commander'

export function configure (command: Command, bind: Bind): void {
  withExamples(withJson(withDir(command)), [['nara-stash peers', 'who is there, for how long, and do they have room?']], [0, 1, 2, 5])

  bind(command, async (io, { dir, json }) => {
    const answer = await (await connect(stateDir(io, dir))).peers()

    io.out.write(json === true ? jsonDocument(answer) : peersText(answer.peers))

    return exitCodes.done
  })
}

function peersText (peers: readonly PeerStatus[]): string {
  if (peers.length === 0) {
    return 'no peer was met yet\n'
  }

  return table([
    ['PEER', 'NAME', 'CONNECTED', 'UP FOR', 'ROOM', 'ROLE'],
    ...peers.map(({ peerId, name, connected, address, lastError, uptime, accepting, confidant, held }) => [
      printable(peerId),
      name === '' ? '-' : printable(name),
      connected ? printable(address ?? 'yes') : lastError == null ? 'no' : `no: ${printable(lastError)}`,
      uptime == null ? '-' : formatDuration(uptime * 1_000),
      accepting == null ? '-' : accepting ? 'yes' : 'no',
      [confidant ? 'confidant' : '', held ? 'held here' : ''].filter(role => role !== '').join(', ') || '-'
    ])
  ])
}
