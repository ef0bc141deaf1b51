import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { defaultName, newName, normalizeName } from '../src/name.ts'
import { hex } from './bytes.ts'
import { thrownBy } from './errors.ts'

describe('normalizeName', () => {
  test.each([
    ['alice'],
    ['a name with spaces'],
    ['ünïcødé'],
    ['نارا'],
    ['👩‍🚀 family'],
    ['x'.repeat(64)],
    ['é'.repeat(32)]
  ])('%s is a name', (name) => {
    expect(normalizeName(name)).toBe(name.normalize('NFC'))
  })

  test('two spellings of one name become the same', () => {
    expect(normalizeName('Ame\u0301lie')).toBe('Am\u00e9lie')
  })

  test('the length is that of the normal form, in bytes', () => {
    expect(normalizeName('e\u0301'.repeat(32))).toBe('\u00e9'.repeat(32))
  })

  test.each([
    ['nothing', '', 'takes 0'],
    ['65 bytes', 'x'.repeat(65), 'takes 65'],
    ['33 letters of two bytes', 'é'.repeat(33), 'takes 66'],
    ['NUL', 'a\0', 'U+0000'],
    ['a newline', 'a\nb', 'U+000A'],
    ['an escape', '\u001b[31mred', 'U+001B'],
    ['delete', 'a\u007f', 'U+007F'],
    ['a C1 control', 'a\u0085b', 'U+0085'],
    ['a line separator', 'a\u2028b', 'U+2028'],
    ['a paragraph separator', 'a\u2029b', 'U+2029'],
    ['a right-to-left override', 'a\u202eb', 'U+202E'],
    ['an isolate', 'a\u2066b', 'U+2066'],
    ['a right-to-left mark', 'a\u200fb', 'U+200F'],
    ['half of a surrogate pair', 'a\ud800', 'surrogate']
  ])('%s is refused', (_, name, told) => {
    const err = thrownBy(() => normalizeName(name))

    expect(err.name).toBe('InvalidName')
    expect(err.message).toContain(told)
  })

  test('what it returns is a fixed point of 1 to 64 bytes, and what it throws repeats no control character', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 40 }), (text) => {
      let name

      try {
        name = normalizeName(text)
      } catch (err) {
        expect(String(err)).toMatch(/^InvalidName: [\x20-\x7e]+$/)
        return
      }

      const length = Buffer.byteLength(name)

      expect(normalizeName(name)).toBe(name)
      expect(length).toBeGreaterThanOrEqual(1)
      expect(length).toBeLessThanOrEqual(64)
      expect(name).not.toMatch(/\p{Cc}/u)
    }), { numRuns: 1000 })
  })
})

describe('newName', () => {
  test.each(['alice', ' alice ', 'Ame\u0301lie', '👩‍🚀', '\u3000x'])('%j can be chosen', (name) => {
    expect(newName(name)).toBe(normalizeName(name))
  })

  test.each([
    ['a space', ' ', 'only spaces'],
    ['spaces of all kinds', ' \u00a0\u2003\u3000', 'only spaces'],
    ['what nobody sees', '\u200b\u2060\u00ad', 'only spaces'],
    ['what was no UTF-8', new TextDecoder().decode(Uint8Array.of(0x61, 0xff)), 'must be UTF-8'],
    ['nothing', '', 'takes 0']
  ])('%s is refused, and still a name of souls that have it', (_, name, told) => {
    expect(thrownBy(() => newName(name))).toMatchObject({ name: 'InvalidName', message: expect.stringContaining(told) as string })

    if (name !== '') {
      expect(normalizeName(name)).toBe(name.normalize('NFC'))
    }
  })
})

describe('defaultName', () => {
  test('nara- and the first 8 hex digits of the public key', () => {
    expect(defaultName(hex('03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8'))).toBe('nara-03a107bf')
  })

  test('only 32 bytes are a public key', () => {
    expect(thrownBy(() => defaultName(new Uint8Array(31))).name).toBe('InvalidKey')
  })
})
