import { statSync } from 'node:fs'

/** A value is not allowed; the reason is said only where the setting's own description does not say enough. */
export class InvalidValueError extends Error {
  override name = 'InvalidValueError'
}

/** Turns a value as it was given (a flag's or variable's text, or JSON) into a setting's. @throws {InvalidValueError} */
export type Parser<T> = (raw: unknown) => T

const SIZE = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i
const SIZE_UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 2 ** 10,
  m: 1e6,
  mb: 1e6,
  mib: 2 ** 20,
  g: 1e9,
  gb: 1e9,
  gib: 2 ** 30
}
const TIME = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i
const TIME_UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000, d: 86_400_000 }

/** setTimeout's longest, in milliseconds: about 24 days. */
const LONGEST_TIME = 2 ** 31 - 1

export const parseText: Parser<string> = raw => {
  if (typeof raw !== 'string' || raw === '') {
    throw new InvalidValueError()
  }

  return raw
}

/** The first 8 hex digits of an id, or more. */
export const parseHexId: Parser<string> = raw => {
  if (typeof raw !== 'string' || !/^[0-9a-f]{8,64}$/i.test(raw)) {
    throw new InvalidValueError()
  }

  return raw.toLowerCase()
}

/** True and false, also as the words that environments use. */
export const parseSwitch: Parser<boolean> = raw => {
  if (raw === true || raw === false) {
    return raw
  }

  switch (typeof raw === 'string' ? raw.toLowerCase() : '') {
    case 'true': case 'yes': case 'on': case '1': return true
    case 'false': case 'no': case 'off': case '0': return false
    default: throw new InvalidValueError()
  }
}

export function parseWhole (low: number, high: number): Parser<number> {
  return raw => {
    const value = typeof raw === 'string' && /^-?\d+$/.test(raw.trim()) ? Number(raw) : raw

    if (typeof value !== 'number' || !Number.isInteger(value) || value < low || value > high) {
      throw new InvalidValueError()
    }

    return value
  }
}

/** A size in bytes: `1048576`, `1MiB`, `500k`. */
export function parseSize (low: number, high: number): Parser<number> {
  return raw => {
    const text = typeof raw === 'number' ? String(raw) : typeof raw === 'string' ? raw.trim() : ''
    const [, number = '', unit = ''] = SIZE.exec(text) ?? []
    const factor = SIZE_UNITS[unit.toLowerCase()]
    const bytes = number === '' || factor == null ? Number.NaN : Math.round(Number(number) * factor)

    if (!(bytes >= low && bytes <= high)) {
      throw new InvalidValueError()
    }

    return bytes
  }
}

/** A time with its unit, in milliseconds: `500ms`, `60s`, `2m`, `1h`, `30d`. What no timer waits for may be longer than that can. */
export function parseTime (low: number, high: number = LONGEST_TIME): Parser<number> {
  return raw => {
    const [, number = '', unit = ''] = TIME.exec(typeof raw === 'string' ? raw.trim() : '') ?? []
    const factor = TIME_UNITS[unit.toLowerCase()]
    const milliseconds = number === '' || factor == null ? Number.NaN : Math.round(Number(number) * factor)

    if (!(milliseconds >= low && milliseconds <= high)) {
      throw new InvalidValueError()
    }

    return milliseconds
  }
}

export function parseChoice<const T extends string> (choices: readonly T[]): Parser<T> {
  return raw => {
    const found = choices.find(choice => choice === raw)

    if (found == null) {
      throw new InvalidValueError()
    }

    return found
  }
}

/** A flag given several times, a JSON array, or a text with commas or spaces between the values. */
export function parseList<T> (item: Parser<T>): Parser<T[]> {
  return raw => {
    const items: unknown[] = Array.isArray(raw)
      ? raw
      : typeof raw === 'string' ? raw.split(/[\s,]+/).filter(text => text !== '') : [raw]

    return items.map(value => item(value))
  }
}

/** A folder's path that exists, or can be made. */
export const parseFolder: Parser<string> = raw => {
  const path = parseText(raw)

  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === false) {
    throw new InvalidValueError('there is something else of this name')
  }

  return path
}
