import { shellWord } from '../text/shell-word.ts'
import type { Io, Output } from './io.ts'

/** A command that works on a folder, where a text names one for a person to run. */
const COMMAND = /\bnara-stash (?:id (?:show|words)|confidants(?: (?:set|add|remove|auto))?|start|put|get|status|peers|recover|forget|verify|drill|invite|join|leave)\b(?! --dir| \[| --help)/g

/** Has each command that a text names work on the folder that this one works on. */
export function inFolder (text: string, dir: string | undefined): string {
  return dir == null ? text : text.replace(COMMAND, command => `${command} --dir ${shellWord(dir)}`)
}

/** The folder as it was given, by the flag or the variable; undefined for the default one, which need not be told. */
export function givenFolder ({ env }: Pick<Io, 'env'>, flag: string | undefined): string | undefined {
  const given = flag ?? env.NARA_DIR

  return given === '' ? undefined : given
}

/** The same process, and what it says to people names the folder. Bytes are written as they are. */
export function hintingIo (io: Io, dir: string | undefined, isText: boolean): Io {
  // what is looked up only when it is asked for, such as standard input, stays so
  return dir == null ? io : Object.create(io, { err: { value: hinting(io.err, dir) }, ...(isText && { out: { value: hinting(io.out, dir) } }) }) as Io
}

function hinting (output: Output, dir: string): Output {
  return Object.create(output, {
    write: { value: (chunk: string | Uint8Array) => { output.write(typeof chunk === 'string' ? inFolder(chunk, dir) : chunk) } }
  }) as Output
}
