import { order } from '@nara-stash/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { meaningOf } from '../../src/policy/surprise.ts'
import { headers } from './headers.ts'
import type { Meaning, Surprise } from '../../src/policy/surprise.ts'
import type { RecordHeader } from '@nara-stash/protocol'

const [first, second, beside] = headers([['a', 1, []], ['b', 2, [['a', 1]]], ['c', 2, [['a', 1]]]]) as [RecordHeader, RecordHeader, RecordHeader]

function surprise (changes: Partial<Surprise>): Meaning {
  return meaningOf({ record: second, placements: new Set(['p']), covered: false, content: first, written: false, confirmedBy: undefined, boot: 'z', ...changes } as Surprise)
}

describe('what a record means that turns up', () => {
  it.each([
    ['known', { covered: true, confirmedBy: 'p' }],
    ['newer', {}],
    ['newer', { content: undefined }],
    ['newer', { confirmedBy: 'q' }],
    ['other', { written: true }],
    ['other', { content: beside }],
    ['leftover', { confirmedBy: 'p' }],
    ['leftover', { confirmedBy: 'p', written: true, content: beside }],
    ['newer', { confirmedBy: 'p', boot: 'b' }]
  ] as Array<[Meaning, Partial<Surprise>]>)('%s: %j', (meaning, changes) => {
    expect(surprise(changes)).toBe(meaning)
  })

  it('is nothing to decide where both delete', () => {
    const deletes = (record: RecordHeader): RecordHeader => ({ ...record, kind: 'tombstone' })

    expect(surprise({ record: deletes(second), content: deletes(beside), written: true })).toBe('again')
    expect(surprise({ record: deletes(second), content: deletes(first), written: true })).toBe('newer')
    expect(surprise({ record: deletes(second), content: beside })).toBe('other')
    expect(surprise({ record: second, content: deletes(beside) })).toBe('other')
    expect(surprise({ record: second, content: deletes(first), written: true })).toBe('other')
  })
})

const records = headers([['a', 1, []], ['a', 2, []], ['b', 2, [['a', 1]]], ['b', 3, [['a', 2]]], ['c', 4, [['a', 2], ['b', 3]]], ['d', 1, []]])

const surprises: fc.Arbitrary<Surprise> = fc.record({
  deletions: fc.subarray(records),
  record: fc.constantFrom(...records),
  placements: fc.subarray(['p', 'q']).map(ids => new Set(ids)),
  covered: fc.boolean(),
  content: fc.option(fc.constantFrom(...records), { nil: undefined }),
  written: fc.boolean(),
  confirmedBy: fc.option(fc.constantFrom('p', 'q'), { nil: undefined }),
  boot: fc.constantFrom('a', 'b', 'z')
}).map(({ deletions, record, content, ...rest }) => {
  const told = (header: RecordHeader): RecordHeader => deletions.includes(header) ? { ...header, kind: 'tombstone' } : header

  return { ...rest, record: told(record), content: content == null ? undefined : told(content) }
})

const deletesAgain = ({ record, content }: Surprise): boolean => record.kind === 'tombstone' && content?.kind === 'tombstone'

describe('always', () => {
  const always = (claim: (of: Surprise, meaning: Meaning) => boolean): void => { fc.assert(fc.property(surprises, of => claim(of, meaningOf(of))), { numRuns: 1_000 }) }

  it('what our next record supersedes needs no decision, and nothing else does not', () => {
    always(({ covered }, meaning) => covered === (meaning === 'known'))
  })

  it('nothing is taken for a leftover but an earlier boot\'s, with the placement that confirmed', () => {
    always(({ confirmedBy, placements, record, boot }, meaning) => meaning !== 'leftover' || (confirmedBy != null && placements.has(confirmedBy) && record.boot !== boot))
  })

  it('nothing goes over what the application wrote, or beside what we have, without a decision', () => {
    always((of, meaning) => {
      const { content, written, record } = of

      // a deletion over a deletion takes nothing from anybody
      return meaning !== 'newer' || content == null || ((!written || deletesAgain(of)) && order(record, content) === 'supersedes')
    })
  })

  it('what deletes again what is deleted never asks for a decision, whatever the application did', () => {
    always((of, meaning) => !deletesAgain(of) || (meaning !== 'other' && meaning === meaningOf({ ...of, written: !of.written })))
  })

  it('is a deletion again only beside one, and else no other than data in its place would be', () => {
    always((of, meaning) => {
      const data = ({ ...header }: RecordHeader): RecordHeader => ({ ...header, kind: 'data' })

      return deletesAgain(of)
        ? meaning !== 'again' || order(of.record, of.content as RecordHeader) !== 'supersedes'
        : meaning === meaningOf({ ...of, record: data(of.record), content: of.content == null ? undefined : data(of.content) })
    })
  })
})
