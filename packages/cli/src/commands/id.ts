import { resolve } from 'node:path'
import { withDir, withExamples, withJson } from '../cli/command.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { flagValue } from '../cli/arguments.ts'
import { UsageError } from '../cli/errors.ts'
import { stateDir } from '../config/dir.ts'
import { parseText } from '../config/values.ts'
import { importSoul } from '../soul/import-soul.ts'
import { requireSoul, soulPath } from '../soul/find-soul.ts'
import { identityText, isNamed, publicIdentity, secretIdentity } from '../soul/identity.ts'
import { makeSoul } from '../soul/make-soul.ts'
import { writeSoulFile } from '../soul/write-soul.ts'
import { jsonDocument } from '../text/json.ts'
import { printable, quoted } from '../text/printable.ts'
import { shellWord } from '../text/shell-word.ts'
import type { Bind, CommonOptions } from '../cli/command.ts'
import type { Io } from '../cli/io.ts'
import type { FoundSoul } from '../soul/find-soul.ts'
import type { Command } from 'commander'

interface IdOptions extends CommonOptions {
  name?: string
  out?: string
  soulFile?: string
}

const NAME = ['--name <name>', 'the name that the soul is bonded to'] as const

export function configure (command: Command, bind: Bind): void {
  command.description('make, show, write down and bring in a soul: the one thing worth keeping')
  configureNew(command.command('new'), bind)
  configureShow(command.command('show'), bind)
  configureWords(command.command('words'), bind)
  configureImport(command.command('import'), bind)
}

function configureNew (command: Command, bind: Bind): void {
  withJson(command.description('make a soul and print it, with its 24 words')
    .option(...NAME).option('--out <file>', 'write the soul to a file of mode 0600'))
  withExamples(command, [
    ['nara-stash id new', 'a soul; keep what it prints'],
    ['nara-stash id new --name kiosk --out kiosk.soul', 'with a name of its own, into a file']
  ], [0, 1, 2])

  bind<IdOptions>(command, async (io, { name, out, json }) => {
    const soul = makeSoul(name)
    const file = out == null ? undefined : resolve(io.cwd, flagValue('--out', out, parseText, 'the path of a file'))

    if (file != null) {
      await writeSoulFile(file, soul)
    }

    if (json === true) {
      io.out.write(jsonDocument({ ...publicIdentity(soul), ...secretIdentity(soul), ...(file == null ? {} : { file }) }))
    } else if (file == null) {
      const { soul: text, words } = secretIdentity(soul)

      io.out.write(`${identityText(soul)}\nsoul   ${text}\nwords  ${words}\n\n` +
        `Who has the soul, or its words, is this nara and can read its stash. Keep one of them${isNamed(soul) ? `, and note the name ${quoted(soul.name)}: it belongs to the identity` : ''}.\n`)
    } else {
      io.out.write(`${identityText(soul)}soul        in ${printable(file)}\n`)
    }

    return exitCodes.done
  })
}

function configureShow (command: Command, bind: Bind): void {
  withSoul(command.description('tell the public side of a soul'))
  withExamples(command, [
    ['nara-stash id show', 'of the soul in the default folder'],
    ['nara-stash id show --soul-file - --name kiosk < kiosk.soul', 'of a soul on standard input']
  ], [0, 1, 2])

  bind<IdOptions>(command, async (io, options) => {
    const { soul } = await soulOf(io, options)

    io.out.write(options.json === true ? jsonDocument(publicIdentity(soul)) : identityText(soul))

    return exitCodes.done
  })
}

function configureWords (command: Command, bind: Bind): void {
  withSoul(command.description('print the 24 words of a soul, to be written down. They are secret'))
  withExamples(command, [['nara-stash id words', 'of the soul in the default folder']], [0, 1, 2])

  bind<IdOptions>(command, async (io, options) => {
    const { soul } = await soulOf(io, options)
    const { words } = secretIdentity(soul)

    io.out.write(options.json === true ? jsonDocument({ name: soul.name, words }) : `${words}\n`)

    if (options.json !== true && isNamed(soul)) {
      io.err.write(`nara-stash: the name ${quoted(soul.name)} belongs to the identity, and the words do not tell it: note it, too (nara-stash id import --name ${shellWord(soul.name)})\n`)
    }

    return exitCodes.done
  })
}

function configureImport (command: Command, bind: Bind): void {
  withJson(withDir(command.description("bring in a soul, or its 24 words, from a file or standard input: it becomes the folder's own")))
    .argument('[file]', 'a file of mode 0600, or - for standard input', '-')
    .option(...NAME)
    .option('--out <file>', 'write it to this file instead')
    .allowExcessArguments()
  withExamples(command, [
    ['nara-stash id import --dir /srv/nara', 'type or paste the words, then Ctrl-D'],
    ['nara-stash id import kiosk.soul --name kiosk', 'from a file']
  ], [0, 1, 2])

  bind<IdOptions>(command, async (io, { dir, name, out, json }, source = '-', ...more) => {
    if (more.length > 0) {
      throw new UsageError('a soul and its words are never given as arguments: others can read the arguments of a process',
        'give them on standard input, or in a file of mode 0600')
    }

    const file = out == null ? soulPath(stateDir(io, dir)) : resolve(io.cwd, out)
    const soul = await importSoul({ source, file, name }, io)

    io.out.write(json === true
      ? jsonDocument({ ...publicIdentity(soul), file })
      : `${identityText(soul)}soul        in ${printable(file)}\n`)

    return exitCodes.done
  })
}

function withSoul (command: Command): Command {
  return withJson(withDir(command
    .option('--soul-file <file>', 'a file of mode 0600, or - for standard input (default: NARA_SOUL, then DIR/soul)')
    .option(...NAME)))
}

async function soulOf (io: Io, { dir, soulFile, name }: IdOptions): Promise<FoundSoul> {
  const given = soulFile ?? variable(io, 'NARA_SOUL_FILE')

  return await requireSoul({
    dir: stateDir(io, dir),
    name: name ?? variable(io, 'NARA_NAME'),
    soulFile: given == null || given === '-' ? given : resolve(io.cwd, given),
    soulFileSource: soulFile == null ? given == null ? 'default' : 'environment' : 'flag'
  }, io)
}

function variable (io: Io, name: string): string | undefined {
  return io.env[name] === '' ? undefined : io.env[name]
}
