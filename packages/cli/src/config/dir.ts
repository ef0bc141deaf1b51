import { userInfo } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { UsageError } from '../cli/errors.ts'
import { quoted } from '../text/printable.ts'
import type { Io } from '../cli/io.ts'

const OTHER_FOLDER = 'give a folder with --dir, or in NARA_DIR'

/**
 * The folder of a nara, absolute: `--dir`, else NARA_DIR, else `$XDG_STATE_HOME/nara-stash` (XDG Base Directory
 * Specification), whose default is ~/.local/state/nara-stash.
 */
export function stateDir ({ env, cwd }: Pick<Io, 'env' | 'cwd'>, flag?: string): string {
  if (flag === '') {
    throw new UsageError('--dir is empty', 'give the path of a folder')
  }

  const given = flag ?? env.NARA_DIR

  if (given != null && given !== '') {
    return resolve(cwd, given)
  }

  const stateHome = env.XDG_STATE_HOME

  // a relative path there is to be ignored, the specification says
  return join(stateHome != null && isAbsolute(stateHome) ? stateHome : join(homeOf(env), '.local', 'state'), 'nara-stash')
}

/** @throws {UsageError} there is none: a user without an entry in the system's list of users, in a container for one, or a path that is none */
function homeOf ({ HOME: given = '' }: Io['env']): string {
  const home = given === '' ? ownHome() : given

  if (!isAbsolute(home)) {
    throw new UsageError(`${given === '' ? "this user's home folder" : 'HOME'} is ${quoted(home)}, which is no absolute path`, OTHER_FOLDER)
  }

  return home
}

function ownHome (): string {
  try {
    return userInfo().homedir
  } catch (cause) {
    throw Object.assign(new UsageError('this user has no home folder: HOME is not set, and the system does not know the user', OTHER_FOLDER), { cause })
  }
}
