import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** The checker counts only if a planted fault makes it fail. */

const root = fileURLToPath(new URL('../..', import.meta.url))
let copy: string

/** Lints one file that stands where the rules would find it, in a tree of its own: the real one is being built meanwhile. */
function lint (file: string, source: string): string {
  const path = join(copy, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, source)

  const { stdout } = spawnSync(join(root, 'node_modules/.bin/oxlint'), ['--deny-warnings', file], { cwd: copy, encoding: 'utf8' })

  return stdout
}

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'nara-stash-lint-'))
  copyFileSync(join(root, '.oxlintrc.json'), join(copy, '.oxlintrc.json'))
})

afterAll(() => {
  rmSync(copy, { recursive: true })
})

describe('import rules', () => {
  it.each([
    ['packages/crypto/src/planted.ts', '@libp2p/crypto/keys', 'crypto imports'],
    ['packages/crypto/src/planted.ts', '@nara-stash/protocol', 'crypto imports'],
    ['packages/protocol/src/planted.ts', '@nara-stash/crypto', 'blind by construction'],
    ['packages/protocol/src/handlers/planted.ts', '@nara-stash/node', 'blind by construction'],
    ['packages/node/src/planted.ts', 'nara-stash', 'node imports crypto and protocol only'],
    ['packages/node/src/planted.ts', '@nara-stash/testing', 'node imports crypto and protocol only'],
    ['packages/node/src/planted.ts', './host/interfaces.ts', 'create-nara alone'],
    ['packages/node/src/ports/planted.ts', '../host/interfaces.ts', 'create-nara alone'],
    ['packages/node/src/host/planted.ts', 'nara-stash', 'node imports crypto and protocol only'],
    ['packages/node/src/services/presence/planted.ts', '../../host/interfaces.ts', 'through the port'],
    ['packages/node/src/policy/planted.ts', '../host/interfaces.ts', 'policy is pure'],
    ['packages/node/src/policy/planted.ts', '../services/owner.ts', 'policy is pure'],
    ['packages/node/src/policy/planted.ts', 'node:fs', 'policy is pure'],
    ['packages/node/src/services/planted.ts', 'libp2p', 'through the port'],
    ['packages/node/src/services/planted.ts', '../compose.ts', 'through the port'],
    ['packages/node/src/services/owner/planted.ts', '../../compose-owner.ts', 'through the port'],
    ['packages/cli/src/planted.ts', '@nara-stash/testing', 'only tests'],
    ['packages/testing/src/planted.ts', '@nara-stash/node', 'testing simulates'],
    ['examples/planted.ts', '../packages/node/src/index.ts', 'published names']
  ])('%s may not import %s', (file, specifier, reason) => {
    expect(lint(file, `import * as planted from '${specifier}'\n\nexport { planted }\n`)).toContain(reason)
  })

  it.each([
    ['packages/protocol/src/planted.ts', 'export const planted = Date.now()\n', 'take a Clock'],
    ['packages/node/src/services/planted.ts', 'export const planted = setTimeout(() => {}, 1)\n', 'take a Clock'],
    ['packages/node/src/policy/planted.ts', 'export const planted = Math.random()\n', 'take a Random'],
    ['packages/cli/src/planted.ts', 'export const planted = AbortSignal.timeout(1)\n', 'deadlineSignal']
  ])('%s may not say %s', (file, source, reason) => {
    expect(lint(file, source)).toContain(reason)
  })

  it('lets through what is allowed', () => {
    expect(lint('packages/node/src/planted.ts', 'import * as planted from \'@nara-stash/protocol\'\n\nexport { planted }\n')).toContain('Found 0 warnings and 0 errors')
  })
})
