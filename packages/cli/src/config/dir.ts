import { homedir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { UsageError } from '../cli/errors.ts'
import type { Io } from '../cli/io.ts'

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
  return join(stateHome?.startsWith('/') === true ? stateHome : join(homedir() === '' ? userInfo().homedir : homedir(), '.local', 'state'), 'nara-stash')
}
