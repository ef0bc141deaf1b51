import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import { withExamples, withJson } from '../cli/command.ts'
import { InvalidNetworkKeyError } from '../cli/errors.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { formatNetworkKey, KEY_BYTES } from '../daemon/network-key.ts'
import { writeNew } from '../files/write-new.ts'
import { jsonDocument } from '../text/json.ts'
import { printable } from '../text/printable.ts'
import type { Bind, CommonOptions } from '../cli/command.ts'
import type { Command } from 'commander'

export function configure (command: Command, bind: Bind): void {
  command.description('make a private-network key: who has not got it cannot connect')

  const make = withJson(command.command('new')
    .description('make a private-network key, for start --psk-file')
    .option('-o, --output <file>', 'write it to a new file of mode 0600'))

  make.addHelpText('after', '\nAll naras of a network have the same key. Hand it on in private, or with nara-stash invite, which holds it.')
  withExamples(make, [
    ['nara-stash psk new -o network.key', 'into a private file; nara-stash start --psk-file network.key'],
    ['nara-stash psk new | ssh friend "umask 077; cat > network.key"', 'straight to another machine']
  ], [0, 1, 2])

  bind<CommonOptions & { output?: string }>(make, async (io, { output, json }) => {
    const key = formatNetworkKey(randomBytes(KEY_BYTES))
    const file = output == null || output === '-' ? undefined : resolve(io.cwd, output)

    if (file != null && !await writeNew(file, key)) {
      throw new InvalidNetworkKeyError(`${printable(file)} exists already, and a key in it would be lost`, {
        hint: 'move it away first, or choose another path'
      })
    }

    if (json === true) {
      io.out.write(jsonDocument(file == null ? { key } : { file }))
    } else {
      io.out.write(file == null ? key : `the private-network key is in ${printable(file)}\nnext: nara-stash start --psk-file ${printable(file)}\n`)
    }

    return exitCodes.done
  })
}
