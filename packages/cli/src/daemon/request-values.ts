import { BadRequestError } from '../api/errors.ts'
import { parseTime } from '../config/values.ts'
import { printable } from '../text/printable.ts'
import { readBody } from './read-body.ts'
import type { Clock } from '../clock.ts'
import type { Context } from 'hono'

/** A list of 16 peer ids is 1 KiB of JSON. */
const MAX_JSON_BODY = 16 * 1024

/** How long a write waits for enough copies unless told, in milliseconds. */
const WRITE_TIMEOUT = 10_000

/**
 * What stands in the query as `timeout`, in milliseconds.
 *
 * @throws {BadRequestError}
 */
export function timeoutOf (c: Context): number {
  const given = c.req.query('timeout')

  try {
    return given == null ? WRITE_TIMEOUT : parseTime(1)(given)
  } catch {
    throw new BadRequestError(`timeout is ${printable(given ?? '')}; allowed: a time with its unit, such as 500ms or 10s`)
  }
}

/**
 * A switch in the query; off unless told.
 *
 * @throws {BadRequestError}
 */
export function switchOf (c: Context, name: string): boolean {
  const given = c.req.query(name) ?? 'false'

  if (given !== 'true' && given !== 'false') {
    throw new BadRequestError(`${name} is ${printable(given)}; allowed: true or false`)
  }

  return given === 'true'
}

interface Field<T> {
  name: string
  isRight: (value: unknown) => value is T
  /** Of a whole body. */
  example: string
}

/**
 * One field of a body of JSON.
 *
 * @throws {BadRequestError} no JSON, or the field is not as `isRight` wants it
 * @throws {SlowInputError}
 */
export async function fieldOf<T> (c: Context, clock: Pick<Clock, 'setTimer'>, { name, isRight, example }: Field<T>): Promise<T> {
  const tooLarge = (): Error => new BadRequestError(`the body is larger than ${MAX_JSON_BODY} bytes`)
  const text = new TextDecoder().decode(await readBody(c, { limit: MAX_JSON_BODY, clock, tooLarge }))
  let value: unknown

  try {
    value = (JSON.parse(text) as Record<string, unknown> | null)?.[name]
  } catch {
    // told below
  }

  if (!isRight(value)) {
    throw new BadRequestError(`the body must be JSON such as ${example}`)
  }

  return value
}
