import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'

/** The TypeScript that the documents show compiles against the packages as they are. */

const root = fileURLToPath(new URL('../..', import.meta.url))
const documents = ['README.md', ...globSync('packages/*/README.md', { cwd: root })]

/** What a snippet takes for granted. */
const GIVEN = {
  yourConfig: 'declare const yourConfig: import(\'libp2p\').Libp2pOptions',
  soul: 'declare const soul: import(\'@nara-stash/crypto\').Soul',
  bytes: 'declare const bytes: Uint8Array'
}

let folder: string

beforeAll(() => {
  mkdirSync(join(root, 'scripts/node_modules'), { recursive: true })
  folder = mkdtempSync(join(root, 'scripts/node_modules/.readme-'))
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

function snippets (document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8')

  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = '']) => {
    const given = Object.entries(GIVEN).filter(([name]) => new RegExp(`\\b${name}\\b`).test(code) && !new RegExp(`\\b(const|let) ${name}\\b`).test(code))

    return [...given.map(([, declaration]) => declaration), code, 'export {}\n'].join('\n')
  })
}

function check (files: string[]): string {
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({
    extends: join(root, 'tsconfig.test.json'),
    compilerOptions: { composite: false, incremental: false, rootDir: root },
    files
  }))

  return spawnSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' }).stdout
}

it('every snippet compiles', () => {
  const files = documents.flatMap(document => snippets(document).map((code, i) => {
    const file = `${document.replaceAll(/\W+/g, '-')}-${i}.ts`
    writeFileSync(join(folder, file), code)

    return file
  }))

  expect(files.length).toBeGreaterThan(2)
  expect(check(files)).toBe('')
})

it('a wrong snippet is found', () => {
  writeFileSync(join(folder, 'planted.ts'), 'import { createNara } from \'@nara-stash/node\'\n\nawait createNara({ sole: 1 })\n')

  expect(check(['planted.ts'])).toContain('sole')
})
