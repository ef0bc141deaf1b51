import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import * as crypto from '../src/index.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

test('the example runs as it stands and prints what it says', async () => {
  const [, example] = /```ts\n(.*?)```/s.exec(readme) ?? []
  const expected = Array.from((example ?? '').matchAll(/^console\.log.* \/\/ (.*)$/gm), ([, said]) => said + '\n').join('')
  const { stdout } = await promisify(execFile)(process.execPath,
    ['--input-type=module-typescript', '--eval', example ?? ''],
    { cwd: import.meta.dirname, timeout: 15_000 })

  expect(expected).not.toBe('')
  expect(stdout).toBe(expected)
})

test('every error is listed', () => {
  const errors = Object.entries(crypto)
    .filter(([, value]) => typeof value === 'function' && value.prototype instanceof Error)
    .map(([name]) => name)

  expect(errors).toContain('OpenError')
  expect(errors.filter((name) => !readme.includes(`\`${name}\``))).toEqual([])
})
