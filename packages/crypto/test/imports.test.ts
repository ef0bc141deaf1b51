import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'

const SRC = fileURLToPath(new URL('../src/', import.meta.url))
const SPECIFIER = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*['"]([^'"]+)['"]/g

/** Which imports of a file this package must not have. */
function forbiddenImports (file: string, source: string): string[] {
  const found = Array.from(source.matchAll(SPECIFIER), ([, specifier]) => specifier ?? '')

  return found.filter((specifier) => {
    const allowed = /^(\.\.?\/|#bulk$|@noble\/|@scure\/)/.test(specifier)
    const native = specifier === 'node:crypto' && file === 'bulk/node.ts'

    return !allowed && !native
  })
}

describe('imports', () => {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))

  test('there is something to look at', () => {
    expect(files).toContain('bulk/node.ts')
    expect(files).toContain('index.ts')
  })

  test.each(files)('%s: @noble, @scure, and node:crypto in the Node path only', (file) => {
    expect(forbiddenImports(file, readFileSync(SRC + file, 'utf8'))).toEqual([])
  })

  test.each([
    ['seal.ts', 'import { createCipheriv } from \'node:crypto\'', 'node:crypto'],
    ['seal.ts', 'import {\n  peerIdFromKeys\n} from "@libp2p/peer-id"', '@libp2p/peer-id'],
    ['index.ts', 'export * from \'node:fs\'', 'node:fs'],
    ['soul.ts', 'import \'libp2p\'', 'libp2p'],
    ['soul.ts', 'const fs = await import(\'node:fs\')', 'node:fs'],
    ['soul.ts', 'const fs = require(\'fs\')', 'fs'],
    ['bulk/node.ts', 'import { readFile } from \'node:fs\'', 'node:fs']
  ])('a planted import in %s is found: %s', (file, source, specifier) => {
    expect(forbiddenImports(file, source)).toEqual([specifier])
  })
})
