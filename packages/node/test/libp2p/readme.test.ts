import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import * as node from '../../src/index.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const source = (file: string): string => readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8')

/** Every name of the Go package's documentation. */
const GO_NAMES = [
  'NewService', 'Init', 'Name', 'ServiceBase', 'RegisterBehaviors', 'EncryptedStash', 'Start', 'Stop', 'ClearMyStash', 'Confidants', 'DistributeToConfidants',
  'GetStashData', 'GetStoredStash', 'HasStashData', 'HasStashFor', 'MarshalState', 'PushTo', 'RecoverFromAny', 'RequestFrom', 'SelectConfidantsAutomatically',
  'SetConfidants', 'SetStashData', 'StorageLimit', 'StoreWith', 'StoredCount', 'TargetConfidants'
]

/** The names that begin the rows of the table under a heading. */
function rowsUnder (heading: string): string {
  return readme.split(`## ${heading}\n`)[1]?.split('\n## ')[0]?.split('\n').flatMap(line => /^\| (`[^|]*)\|/.exec(line)?.[1] ?? []).join('\n') ?? ''
}

it('has a first example that runs as it stands and prints what it says', async () => {
  const [, example = ''] = /```ts\n(.*?)```/s.exec(readme) ?? []
  const expected = Array.from(example.matchAll(/^console\.log.* \/\/ (.*)$/gm), ([, said]) => `${said}\n`).join('')
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module-typescript', '--eval', example], { cwd: import.meta.dirname, timeout: 50_000 })

  expect(expected).not.toBe('')
  expect(stdout).toBe(expected)
})

it('lists every option, event and error', () => {
  const members = (file: string, name: string): string[] => {
    const [, body = ''] = new RegExp(`interface ${name}\\b.*?\\{\\n(.*?)\\n\\}`, 's').exec(source(file)) ?? []

    return Array.from(body.matchAll(/^ {2}'?([\w:-]+)'?\??: /gm), ([, member = '']) => member)
  }
  const errors = Object.entries(node).flatMap(([name, value]) => typeof value === 'function' && value.prototype instanceof Error ? [name] : [])

  const missing = (names: string[], heading: string): string[] => names.filter(name => !rowsUnder(heading).includes(`\`${name}\``))
  const options = [...members('api.ts', 'StashInit'), ...members('nara-types.ts', 'NaraOptions')]
  const events = members('event-types.ts', 'StashEvents')

  expect([options.length, events.length, errors.length].every(length => length > 10)).toBe(true)
  expect(missing(options, 'Options')).toEqual([])
  expect(missing(events, 'Events')).toEqual([])
  expect(missing(errors, 'Errors')).toEqual([])
})

it('maps every name of the Go package', () => {
  const rows = rowsUnder('The Go package, name by name')

  expect(GO_NAMES.filter(name => !new RegExp(`\\b${name}\\b`).test(rows))).toEqual([])
})
