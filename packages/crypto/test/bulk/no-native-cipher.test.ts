import { expect, test, vi } from 'vitest'
import * as node from '../../src/bulk/node.ts'
import * as portable from '../../src/bulk/portable.ts'
import { pattern } from '../bytes.ts'

// A runtime whose node:crypto lacks the cipher: no information about it, and an error from whoever asks for it.
vi.mock('node:crypto', () => {
  const missing = (): never => {
    throw new Error('Unknown cipher')
  }

  return { getCipherInfo: () => undefined, createCipheriv: missing, createDecipheriv: missing }
})

test('without the native cipher the portable one does the work', () => {
  const [key, nonce, plaintext] = [pattern(32), pattern(24), pattern(5000)]
  const sealed = node.encrypt(key, nonce, plaintext)

  expect(sealed).toEqual(portable.encrypt(key, nonce, plaintext))
  expect(node.decrypt(key, nonce, sealed)).toEqual(plaintext)
})
