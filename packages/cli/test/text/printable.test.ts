import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { jsonLine } from '../../src/text/json.ts'
import { printable } from '../../src/text/printable.ts'
import { table } from '../../src/text/table.ts'
import { formatBytes, formatDuration } from '../../src/text/units.ts'

const OBEYED = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u

describe('printable', () => {
  it('leaves nothing that a terminal obeys, and all the rest', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => {
      expect(printable(text)).not.toMatch(OBEYED)
      expect(OBEYED.test(text) ? text : printable(text)).toBe(text)
    }))
    expect(printable('käse 🧀 \u001b[2J\u009b1m\u2028\u202e')).toBe('käse 🧀 \\u{1b}[2J\\u{9b}1m\\u{2028}\\u{202e}')
    expect(printable('half \ud800')).toBe('half \\u{d800}')
  })
})

describe('JSON', () => {
  it('is safe to print, and the same value', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), text => {
      const line = jsonLine({ text })

      expect(line.trimEnd()).not.toMatch(OBEYED)
      expect(JSON.parse(line)).toEqual({ text })
    }))
  })
})

describe('for people', () => {
  it.each([[0, '0 B'], [1023, '1023 B'], [1024, '1 KiB'], [204_800, '200 KiB'], [1_500_000, '1.4 MiB'], [2 ** 40, '1024 GiB']])('%i bytes', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text)
  })

  it.each([[0, '0 ms'], [240, '240 ms'], [1_234, '1.2 s'], [60_000, '1 min'], [200_000, '3 min 20 s'], [7_500_000, '2 h 5 min'], [360_000_000, '4 d 4 h']])(
    '%i milliseconds', (milliseconds, text) => {
      expect(formatDuration(milliseconds)).toBe(text)
    })

  it('a table has columns of equal width, colours or not', () => {
    expect(table([['a', 'bb', 'c'], ['\u001b[31mddd\u001b[39m', 'e', '']])).toBe('a    bb  c\n\u001b[31mddd\u001b[39m  e\n')
  })
})
