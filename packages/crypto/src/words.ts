import { entropyToMnemonic, mnemonicToEntropy } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english.js'
import { closestWords } from './closest.ts'
import { InvalidWords } from './errors.ts'
import type { Soul } from './soul.ts'
import { soulFromSeed } from './soul.ts'

// BIP-39: 256 bits of entropy and 8 of checksum, 11 bits a word.
const WORD_COUNT = 24

// A mistyped word is a few letters off from 3 to 8. Anything longer, or with other characters, is something else that was
// pasted by mistake (a soul, a password), and must not be repeated.
const MISTYPED_WORD = /^[\p{Letter}\p{Mark}\p{Number}]{1,12}$/u

export interface SoulFromWordsOptions {
  /** Words hold no name: give it again if the soul had one of its own. @default the default name */
  name?: string
}

/** The seed as 24 words of the BIP-39 English list. Secret. The name is not among them. */
export function soulToWords (soul: Soul): string {
  return entropyToMnemonic(soul.seed, wordlist)
}

/**
 * The soul whose seed is the entropy of 24 BIP-39 English words, in any letter case, with any white space between and around.
 *
 * @throws InvalidWords with the first misspelt word, its position and what may have been meant; or that the number of words
 * or the checksum is wrong
 * @throws InvalidName
 */
export function soulFromWords (words: string, options: SoulFromWordsOptions = {}): Soul {
  const list = splitWords(words)

  if (list.length !== WORD_COUNT) {
    throw new InvalidWords(`a soul has ${WORD_COUNT} words; these are ${list.length}`)
  }

  const wrong = list.findIndex((word) => !wordlist.includes(word))

  if (wrong !== -1) {
    throw misspelt(list[wrong] ?? '', wrong + 1)
  }

  return soulFromSeed(entropyOf(list), options.name)
}

function splitWords (words: string): string[] {
  return words.normalize('NFKD').toLowerCase().split(/\s+/u).filter((word) => word !== '')
}

function misspelt (typed: string, position: number): InvalidWords {
  if (!MISTYPED_WORD.test(typed)) {
    return new InvalidWords(`word ${position} is not a word of the BIP-39 English list`, { position, suggestions: [] })
  }

  const suggestions = closestWords(typed, wordlist)
  const hint = suggestions.length === 0 ? '' : `; did you mean ${suggestions.join(' or ')}?`

  return new InvalidWords(`word ${position}, "${typed}", is not in the BIP-39 English list${hint}`,
    { position, word: typed, suggestions })
}

function entropyOf (list: string[]): Uint8Array {
  try {
    return mnemonicToEntropy(list.join(' '), wordlist)
  } catch {
    // Number and spelling are right by now. The library's own error is not passed on: what it may quote is not ours to say.
    throw new InvalidWords('each word is in the list, but the checksum does not match: ' +
      'a word stands for another one, or the order is wrong')
  }
}
