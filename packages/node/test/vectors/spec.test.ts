import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import * as constants from '../../src/constants.ts'
import { PRESENCE_FORM } from '../../src/presence-message.ts'

/** The rows of the table that SPEC.md has for this package: the numbers of each constant. */
function limits (): Map<string, number[]> {
  const specification = readFileSync(new URL('../../../protocol/SPEC.md', import.meta.url), 'utf8')
  const section = specification.split('\n### Limits of presence and owners\n')[1]?.split('\n##')[0] ?? ''

  return new Map([...section.matchAll(/^\| `(\w+)` \| ([^|]+) \|/gm)].map(([, name = '', values = '']) =>
    [name, values.split(';').map(value => Number(value.replaceAll(',', '')))]))
}

it('SPEC.md gives the limits of the code, all of them', () => {
  const { PRESENCE_TOPIC, ...numbers } = constants

  expect(PRESENCE_TOPIC).toBe('/nara/presence/1.0.0')
  expect(limits()).toEqual(new Map(Object.entries(numbers).map(([name, value]) => [name, [value].flat()])))
})

it('the form of a presence message is that of its schema', () => {
  const schema = readFileSync(new URL('../../src/pb/presence.proto', import.meta.url), 'utf8')
  const uint32 = { max: 2 ** 32 - 1 }
  const scalars: Record<string, object> = { bool: { max: 1 }, uint32, uint64: { max: Number.MAX_SAFE_INTEGER }, bytes: { bytes: true }, string: { text: true } }
  const fields = [...schema.matchAll(/^  (?:optional )?(\w+) \w+ = (\d+)/gm)].map(([, type = '', number = '']) => [number, scalars[type] ?? uint32])

  expect(fields).toHaveLength(13)
  expect(PRESENCE_FORM).toEqual(Object.fromEntries(fields))
})
