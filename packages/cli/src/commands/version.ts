import { withExamples, withJson } from '../cli/command.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { jsonDocument } from '../text/json.ts'
import { version } from '../version.ts'
import type { Bind } from '../cli/command.ts'
import type { Command } from 'commander'

/** The names on the wire that this version speaks (SPEC.md). */
const protocols = { stash: '/nara/stash/1.0.0', presence: '/nara/presence/1.0.0' }

export function configure (command: Command, bind: Bind): void {
  withExamples(withJson(command), [['nara-stash version --json', 'for scripts and bug reports']], [0])

  bind(command, async (io, { json }) => {
    const versions = { version, node: process.version, platform: `${process.platform}-${process.arch}`, protocols }

    io.out.write(json === true
      ? jsonDocument(versions)
      : `nara-stash ${version} (Node ${process.version}, ${versions.platform}; ${protocols.stash}, ${protocols.presence})\n`)

    return exitCodes.done
  })
}
