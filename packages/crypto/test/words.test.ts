import { wordlist } from '@scure/bip39/wordlists/english.js'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { InvalidWords } from '../src/errors.ts'
import { soulFromSeed } from '../src/soul.ts'
import { soulFromWords, soulToWords } from '../src/words.ts'
import { anyKey, hex } from './bytes.ts'
import { thrownBy } from './errors.ts'
import vectors from './vectors/bip39.json' with { type: 'json' }

const soul = soulFromSeed(hex('68a79eaca2324873eacc50cb9c6eca8cc68ea5d936f98787c60c7ebc74e6ce7c'))
const words = soulToWords(soul).split(' ')

describe('known answers', () => {
  test.each(vectors.vectors)('$words', ({ entropy, words }) => {
    expect(soulToWords(soulFromSeed(hex(entropy)))).toBe(words)
    expect(soulFromWords(words)).toEqual(soulFromSeed(hex(entropy)))
  })
})

describe('both directions', () => {
  test('any seed comes back', () => {
    fc.assert(fc.property(anyKey, (seed) => {
      expect(soulFromWords(soulToWords(soulFromSeed(seed))).seed).toEqual(seed)
    }), { numRuns: 50 })
  })

  test('words do not hold the name: it is given again, or is the default one', () => {
    const alice = soulFromSeed(soul.seed, 'alice')

    expect(soulFromWords(soulToWords(alice), { name: 'alice' })).toEqual(alice)
    expect(soulFromWords(soulToWords(alice))).toEqual(soul)
  })

  test('letter case and white space do not matter', () => {
    expect(soulFromWords(`\n ${words.join(' \t\r\n ').toUpperCase()}\u3000`)).toEqual(soul)
  })
})

describe('mistakes', () => {
  test.each([
    [1, 'hamstr', 'hamster'],
    [2, 'diagrma', 'diagram'],
    [3, 'privat', 'private'],
    [5, 'cuase', 'cause'],
    [12, 'bokk', 'book'],
    [24, 'lenght', 'length'],
    [10, 'todd', 'toddler'],
    [14, 'fancyy', 'fancy']
  ])('word %i typed as %s: %s is suggested first', (position, typed, meant) => {
    const err = thrownBy(() => soulFromWords(words.with(position - 1, typed).join(' ')))

    expect(err).toBeInstanceOf(InvalidWords)
    expect(err).toMatchObject({ name: 'InvalidWords', misspelling: { position, word: typed } })
    expect((err as InvalidWords).misspelling?.suggestions[0]).toBe(meant)
    expect(err.message).toContain(`word ${position}, "${typed}"`)
    expect(err.message).toContain(meant)
  })

  test('a word with one letter left out is found again, whatever the word', () => {
    fc.assert(fc.property(fc.constantFrom(...wordlist), fc.nat(7), fc.nat(23), (word, letter, at) => {
      const typed = word.slice(0, letter % word.length) + word.slice(letter % word.length + 1)

      fc.pre(!wordlist.includes(typed))

      const err = thrownBy(() => soulFromWords(words.with(at, typed).join(' '))) as InvalidWords

      expect(err.misspelling?.position).toBe(at + 1)
      expect(err.misspelling?.suggestions.length).toBeGreaterThan(0)
      expect(err.misspelling?.suggestions.length).toBeLessThanOrEqual(3)
    }))
  })

  test('only the first of several misspelt words is told', () => {
    const err = thrownBy(() => soulFromWords(words.with(3, 'delayx').with(6, 'meatx').join(' ')))

    expect(err.message).toContain('delayx')
    expect(err.message).not.toContain('meat')
  })

  test('a word like no other is told without a suggestion', () => {
    const err = thrownBy(() => soulFromWords(words.with(0, 'qqqqqqq').join(' '))) as InvalidWords

    expect(err.misspelling).toEqual({ position: 1, word: 'qqqqqqq', suggestions: [] })
    expect(err.message).not.toContain('did you mean')
  })

  test.each([
    ['a long text', 'correcthorsebatterystaple'],
    ['punctuation', 'p4ss-w0rd!'],
    ['control codes', '\u001b[31mred']
  ])('%s in place of a word is not repeated', (_, typed) => {
    const err = thrownBy(() => soulFromWords(words.with(7, typed).join(' '))) as InvalidWords

    expect(err.message).toContain('word 8 ')
    expect(err.misspelling).toEqual({ position: 8, suggestions: [] })
    expect(err.message).not.toContain(typed)
  })

  test.each([0, 12, 23, 25])('%i words', (count) => {
    const err = thrownBy(() => soulFromWords([...words, ...words].slice(0, count).join(' ')))

    expect(err.name).toBe('InvalidWords')
    expect(err.message).toContain(`these are ${count}`)
  })

  test('right words in the wrong order: the checksum is named, the words are not', () => {
    const err = thrownBy(() => soulFromWords(words.with(0, 'diagram').with(1, 'hamster').join(' ')))

    expect(err.name).toBe('InvalidWords')
    expect(err.message).toContain('checksum')
    expect(err.message).not.toContain('hamster')
    expect((err as InvalidWords).misspelling).toBeUndefined()
  })
})
