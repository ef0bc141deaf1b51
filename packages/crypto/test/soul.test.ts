import { inspect } from 'node:util'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { publicKeyOf } from '../src/keys.ts'
import { defaultName } from '../src/name.ts'
import { createSoul, formatSoul, parseSoul, soulFromSeed } from '../src/soul.ts'
import { soulFromWords, soulToWords } from '../src/words.ts'
import { anyKey, hex, pattern, plain } from './bytes.ts'
import { thrownBy } from './errors.ts'
import vectors from './vectors/identity-v1.json' with { type: 'json' }

const seed = hex(vectors.seed)
const alice = soulFromSeed(seed, 'alice')
const anyName = fc.string({ unit: fc.constantFrom('a', 'b', 'Z', '0', ' ', '-', 'é', 'ß', '日'), minLength: 1, maxLength: 20 })

describe('known answers', () => {
  test.each(vectors.names)('$name', ({ name, tag, soul }) => {
    const made = soulFromSeed(seed, name)

    expect(made).toEqual({ seed, name, tag: hex(tag) })
    expect(formatSoul(made)).toBe(soul)
    expect(parseSoul(soul, { name })).toEqual(made)
  })
})

describe('createSoul', () => {
  test('draws 32 bytes and takes the default name', () => {
    const asked: number[] = []
    const soul = createSoul({ random: (n) => { asked.push(n); return pattern(n) } })

    expect(asked).toEqual([32])
    expect(soul).toEqual(soulFromSeed(pattern(32)))
    expect(soul.name).toBe(defaultName(publicKeyOf(soul)))
  })

  test('takes a name', () => {
    expect(createSoul({ name: 'Ame\u0301lie' }).name).toBe('Am\u00e9lie')
    expect(() => createSoul({ name: '  ' })).toThrow('only spaces')
    // one that was bonded to it comes back
    expect(soulFromSeed(new Uint8Array(32), '  ').name).toBe('  ')
  })

  test('no two are the same', () => {
    expect(formatSoul(createSoul())).not.toBe(formatSoul(createSoul()))
  })

  test('a source of randomness that falls short is an error', () => {
    expect(thrownBy(() => createSoul({ random: () => new Uint8Array(16) })).name).toBe('InvalidSeed')
  })
})

describe('soulFromSeed', () => {
  test.each([0, 31, 33, 64])('%i bytes are not a seed', (length) => {
    expect(thrownBy(() => soulFromSeed(new Uint8Array(length))).name).toBe('InvalidSeed')
  })

  test('copies the seed, so that the caller may wipe it', () => {
    const mine = plain(seed)
    const soul = soulFromSeed(mine, 'alice')

    mine.fill(0)
    expect(soul.seed).toEqual(seed)
  })

  test('two spellings of one name give one soul', () => {
    expect(soulFromSeed(seed, 'e\u0301')).toEqual(soulFromSeed(seed, '\u00e9'))
  })
})

describe('parseSoul', () => {
  test('any soul comes back, with its name and without it if that is the default', () => {
    fc.assert(fc.property(anyKey, fc.option(anyName, { nil: undefined }), (bytes, name) => {
      const soul = soulFromSeed(bytes, name)

      expect(parseSoul(formatSoul(soul), { name })).toEqual(soul)
    }), { numRuns: 50 })
  })

  test('a seed of leading zeros comes back', () => {
    const soul = soulFromSeed(new Uint8Array(32))

    expect(parseSoul(formatSoul(soul))).toEqual(soul)
  })

  test('white space around it is ignored', () => {
    expect(parseSoul(` \t${formatSoul(alice)}\r\n`, { name: 'alice' })).toEqual(alice)
  })

  test('a name in another spelling is the same name', () => {
    const soul = soulFromSeed(seed, '\u00e9')

    expect(parseSoul(formatSoul(soul), { name: 'e\u0301' })).toEqual(soul)
  })

  test('without the name it was bonded to: NameMissing', () => {
    expect(thrownBy(() => parseSoul(formatSoul(alice))).name).toBe('NameMissing')
    expect(thrownBy(() => parseSoul(formatSoul(alice), { rename: true })).name).toBe('NameMissing')
  })

  test('with another name: NameMismatch', () => {
    const err = thrownBy(() => parseSoul(formatSoul(alice), { name: 'bob' }))

    expect(err.name).toBe('NameMismatch')
    expect(err.message).toContain('"bob"')
    expect(thrownBy(() => parseSoul(formatSoul(soulFromSeed(seed)), { name: 'bob' })).name).toBe('NameMismatch')
  })

  test('with another name and rename: the same seed with a new tag', () => {
    expect(parseSoul(formatSoul(alice), { name: 'bob', rename: true })).toEqual(soulFromSeed(seed, 'bob'))
  })

  test('a bad name: InvalidName', () => {
    expect(thrownBy(() => parseSoul(formatSoul(alice), { name: 'a\n', rename: true })).name).toBe('InvalidName')
  })

  test('any one digit mistyped is noticed', () => {
    const text = formatSoul(alice)
    const digits = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'.split('')

    fc.assert(fc.property(fc.nat(text.length - 1), fc.constantFrom(...digits), (at, digit) => {
      fc.pre(text[at] !== digit)

      const err = thrownBy(() => parseSoul(text.slice(0, at) + digit + text.slice(at + 1), { name: 'alice' }))

      expect(['NameMismatch', 'InvalidSoul']).toContain(err.name)
    }))
  })

  test.each([
    ['nothing', '', 'too short'],
    ['a digit too few', formatSoul(alice).slice(0, -2), 'too short'],
    ['a digit too many', formatSoul(alice) + '11', 'too long'],
    ['a megabyte', 'z'.repeat(1024 * 1024), 'too long'],
    ['a letter that Base58 has not', formatSoul(alice).replace(/^.{6}/, '$&0'), 'character 7'],
    ['words', soulToWords(alice), 'is not a Base58 digit']
  ])('%s: InvalidSoul', (_, text, told) => {
    const err = thrownBy(() => parseSoul(text, { name: 'alice' }))

    expect(err.name).toBe('InvalidSoul')
    expect(err.message).toContain(told)
  })
})

describe('secrecy', () => {
  test('a soul that is logged or turned to JSON shows its name only', () => {
    expect(inspect({ alice }, { depth: 9, showHidden: true })).toBe('{ alice: Soul(alice) }')
    expect(JSON.stringify({ alice })).toBe('{"alice":{"name":"alice"}}')
  })

  test('no error holds a soul, a seed or words', () => {
    fc.assert(fc.property(anyKey, fc.nat(23), (bytes, at) => {
      const soul = soulFromSeed(bytes, 'alice')
      const text = formatSoul(soul)
      const words = soulToWords(soul).split(' ')
      const failures = [
        () => parseSoul(text),
        () => parseSoul(text, { name: 'bob' }),
        () => parseSoul(text + '0', { name: 'alice' }),
        () => parseSoul(text + 'z', { name: 'alice' }),
        () => parseSoul(words.join(' ')),
        () => soulFromWords(text),
        () => soulFromWords(words.slice(1).join(' ')),
        () => soulFromWords(words.join('-')),
        () => soulFromWords(words.with(at, text).join(' ')),
        () => soulFromWords(words.with(at, words.join('')).join(' '))
      ]

      for (const failure of failures) {
        const err = thrownBy(failure)
        const shown = inspect(err, { depth: 9, showHidden: true }).split('\n    at ')[0] + JSON.stringify(err)

        expect(err.cause).toBeUndefined()
        expect(shown).not.toContain(text.slice(0, 12))
        expect(shown).not.toContain(Buffer.from(bytes).toString('hex').slice(0, 12))
        expect(shown).not.toContain(words.slice(0, 3).join(' '))
        expect(shown).not.toContain(words.slice(0, 3).join(''))
        expect(shown).not.toContain(words.slice(0, 3).join('-'))
      }
    }), { numRuns: 30 })
  })
})
