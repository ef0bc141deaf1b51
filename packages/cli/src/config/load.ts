import { dirname, resolve } from 'node:path'
import { InvalidSettingError } from '../cli/errors.ts'
import { printable, quoted } from '../text/printable.ts'
import { closest } from './closest.ts'
import { readConfigFile } from './file.ts'
import { settings } from './settings.ts'
import { InvalidValueError } from './values.ts'
import type { Setting, SettingKey, Settings } from './settings.ts'
import type { Io } from '../cli/io.ts'

/** Where a value came from; the later ones win. */
type Source = 'default' | 'file' | 'environment' | 'flag'

export interface Config extends Settings {
  dir: string
  /** Where the soul file's path came from: a flag wins over NARA_SOUL, a line in the file does not. */
  soulFileSource: Source
}

export interface ConfigInit {
  dir: string
  /** By key, as the command line gave them; what is undefined was not given. */
  flags: Readonly<Partial<Record<SettingKey, unknown>>>
  io: Pick<Io, 'env' | 'cwd'>
}

/** Peers that a placement can list as surrogates (SPEC.md, "Placement"). */
const MAX_LISTED = 64

const keys = Object.keys(settings) as SettingKey[]

/**
 * The settings: defaults < DIR/config.json < environment < flags. Each is checked once, where it came from.
 *
 * @throws {InvalidSettingError} names the setting, its source, its value and what is allowed
 */
export async function loadConfig ({ dir, flags, io }: ConfigInit): Promise<Config> {
  const file = await readConfigFile(dir)

  checkKeys(Object.keys(file.values), file.path)

  const config: Record<string, unknown> = { dir, soulFileSource: 'default' }

  for (const key of keys) {
    const setting: Setting<unknown> = settings[key]
    const [source, raw] = given(key, setting, { flags, env: io.env, file: file.values })

    // a path is looked at where it leads, which need not be from where this process runs
    const from = source === 'file' ? dirname(file.path) : io.cwd
    const value = setting.path === true && typeof raw === 'string' && raw !== '' && raw !== setting.noPath ? resolve(from, raw) : raw

    config[key] = source === 'default' ? setting.default : parse(value, key, setting, source, file.path, raw)

    if (key === 'soulFile') {
      config.soulFileSource = source
    }
  }

  const whole = config as unknown as Config

  checkTogether(whole)

  return whole
}

/** Variables that look like a setting but are none: most likely mistyped. */
export function unknownVariables (env: Io['env']): Array<{ name: string, meant?: string }> {
  const known = [...keys.map(key => settings[key].env), 'NARA_DIR', 'NARA_SOUL']

  return Object.keys(env).filter(name => name.startsWith('NARA_') && !known.includes(name)).map(name => {
    const meant = closest(name, known)

    return { name, ...(meant == null ? {} : { meant }) }
  })
}

interface Given {
  flags: ConfigInit['flags']
  env: Io['env']
  file: Readonly<Record<string, unknown>>
}

function given (key: SettingKey, setting: Setting<unknown>, { flags, env, file }: Given): [Source, unknown] {
  if (flags[key] !== undefined) {
    return ['flag', flags[key]]
  }

  // an empty variable is how many tools say "not set"
  if (env[setting.env] != null && env[setting.env] !== '') {
    return ['environment', env[setting.env]]
  }

  return file[key] !== undefined ? ['file', file[key]] : ['default', undefined]
}

/** @param given - as its source has it */
function parse (raw: unknown, key: SettingKey, setting: Setting<unknown>, source: Source, file: string, given: unknown): unknown {
  try {
    return setting.parse(raw)
  } catch (error) {
    if (!(error instanceof InvalidValueError)) {
      throw error
    }

    const where = {
      flag: setting.flag.split(' ')[0], environment: setting.env, file: `"${key}" in ${printable(file)}`, default: key
    }[source]
    const reason = error.message === '' ? '' : ` (${printable(error.message)})`

    throw new InvalidSettingError(`${where} is ${quoted(given)}${reason}; allowed: ${setting.allowed}`)
  }
}

function checkKeys (found: string[], file: string): void {
  for (const key of found) {
    if (!(keys as string[]).includes(key)) {
      const meant = closest(key, keys)

      const advice = meant == null ? '' : `; did you mean "${meant}"?`

      throw new InvalidSettingError(`${quoted(key)} in ${printable(file)} is no setting${advice}`, `settings are: ${keys.join(', ')}`)
    }
  }
}

function checkTogether ({ target, minCopies, allow, deny, confidants, surrogates }: Config): void {
  if (minCopies != null && minCopies > target) {
    throw new InvalidSettingError(`--min-copies is ${minCopies}, but the target is ${target}; allowed: ${settings.minCopies.allowed}`)
  }

  if (surrogates === 'listed' && (allow == null || allow.length === 0 || allow.length > MAX_LISTED)) {
    throw new InvalidSettingError(`--surrogates is listed, and --allow lists ${allow?.length ?? 0} peers; allowed: 1 to ${MAX_LISTED}`)
  }

  for (const peer of confidants) {
    if (deny.includes(peer) || allow?.includes(peer) === false) {
      throw new InvalidSettingError(`--confidant names ${peer}, which ${deny.includes(peer) ? '--deny' : '--allow'} rules out`)
    }
  }
}
