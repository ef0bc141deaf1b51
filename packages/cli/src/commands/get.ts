import { Option } from 'commander'
import { withDir, withExamples, withJson } from '../cli/command.ts'
import { flagValue } from '../cli/arguments.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect } from '../client/api-client.ts'
import { stateDir } from '../config/dir.ts'
import { parseWhole } from '../config/values.ts'
import { writePrivate } from '../files/write-private.ts'
import { MAY_BE_DELETED_WARNING, UNCONFIRMED } from '../text/unconfirmed.ts'
import { jsonDocument } from '../text/json.ts'
import { printable } from '../text/printable.ts'
import { formatBytes } from '../text/units.ts'
import type { SetAsideAnswer, StashAnswer } from '../api/types.ts'
import type { Bind, CommonOptions } from '../cli/command.ts'
import type { Command } from 'commander'

interface GetOptions extends CommonOptions {
  output?: string
  doubtful?: true
  setAside?: string
}

export function configure (command: Command, bind: Bind): void {
  command
    .addOption(new Option('-o, --output <file>', 'write it to a file, whole or not at all, of mode 0600'))
    .option('--doubtful', 'take what is readable although a newer or another version was seen')
    .option('--set-aside <n>', 'take a version that was set aside instead: 1 is the latest, nara-stash status lists them')
  withJson(withDir(command), 'print JSON; the bytes are in "data" (Base64), or in the file')
  withExamples(command, [
    ['nara-stash get -o state.json', 'to a file'],
    ['nara-stash status --wait settled --timeout 60s && nara-stash get -o state.json', 'after a start: first wait for it']
  ], [0, 1, 2, 4, 5, 6])

  bind<GetOptions>(command, async (io, { dir, output, doubtful, setAside, json }) => {
    const number = setAside == null ? undefined : flagValue('--set-aside', setAside, parseWhole(1, 999), 'a whole number from 1')
    const daemon = await connect(stateDir(io, dir))
    const { data, about }: { data: Buffer, about: SetAsideAnswer & Partial<StashAnswer> } = number == null ? await daemon.get({ doubtful: doubtful === true }) : await daemon.setAside(number)
    const file = output == null || output === '-' ? undefined : await writePrivate(io.cwd, output, data)

    if (json === true) {
      io.out.write(jsonDocument({ ...about, ...(file == null ? { data: data.toString('base64') } : { file }) }))
    } else if (file == null) {
      io.out.write(data)
    } else {
      io.out.write(`wrote ${about.seq == null ? '' : `version ${about.seq}, `}${formatBytes(data.length)}, of ${about.updatedAt}, to ${printable(file)}\n`)
    }

    if (number == null && about.state === 'doubtful') {
      io.err.write('nara-stash: doubtful: a newer or another version was seen\n')

      return exitCodes.doubtful
    }

    if (about.mayBeDeleted === true) {
      io.err.write(MAY_BE_DELETED_WARNING)
    }

    if (about.confirmed === false) {
      io.err.write(UNCONFIRMED)
    }

    return exitCodes.done
  })
}
