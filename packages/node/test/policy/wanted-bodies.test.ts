import { newestOf, order } from '@nara-stash/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { wantedBodies } from '../../src/policy/wanted-bodies.ts'
import { headers } from './headers.ts'
import type { Answer } from '../../src/policy/settle.ts'

const records = headers([['a', 1, []], ['a', 2, []], ['b', 2, [['a', 1]]], ['b', 3, [['a', 2]]], ['c', 4, [['a', 2], ['b', 3]]], ['d', 1, []]])
const [oldest, , , , newest] = records

function holding (peer: string, record: Answer['record'], connected = true): Answer {
  return { peer, connected, status: 'answered', ...(record == null ? {} : { record }) }
}

const all = { isCared: () => false, mayAsk: () => true }

describe('whose body is asked for', () => {
  it('the newest, of one of those who have it', () => {
    expect(wantedBodies({ answers: [holding('x', oldest), holding('y', newest), holding('z', newest)], ...all })).toEqual([{ peer: 'y', record: newest }])
  })

  it('the one below, where nobody can be asked for the newest', () => {
    expect(wantedBodies({ answers: [holding('x', oldest), holding('y', newest, false)], ...all })).toEqual([{ peer: 'x', record: oldest }])
  })

  it('nothing that is cared for, nor what is below it', () => {
    expect(wantedBodies({ answers: [holding('x', oldest), holding('y', newest)], ...all, isCared: record => record === newest?.id })).toEqual([])
  })
})

const inputs = fc.record({
  answers: fc.uniqueArray(fc.record({ peer: fc.constantFrom('u', 'v', 'w', 'x', 'y', 'z'), record: fc.option(fc.constantFrom(...records), { nil: undefined }), connected: fc.boolean() }),
    { selector: ({ peer }) => peer }).map(list => list.map(({ peer, record, connected }) => holding(peer, record, connected))),
  cared: fc.subarray(records.map(({ id }) => id)),
  asked: fc.subarray(['u', 'v', 'w', 'x', 'y', 'z'])
}).map(({ answers, cared, asked }) => ({ answers, isCared: (record: string) => cared.includes(record), mayAsk: (peer: string) => !asked.includes(peer) }))

describe('always', () => {
  const always = (claim: (of: Parameters<typeof wantedBodies>[0], wanted: ReturnType<typeof wantedBodies>) => boolean): void => {
    fc.assert(fc.property(inputs, of => claim(of, wantedBodies(of))), { numRuns: 1_000 })
  }

  it('who is asked is here, has it, and may be asked; nothing is asked for that is cared for, or twice', () => {
    always(({ answers, isCared, mayAsk }, wanted) => new Set(wanted.map(({ record }) => record.id)).size === wanted.length && wanted.every(({ peer, record }) =>
      !isCared(record.id) && mayAsk(peer, record.id) && answers.some(answer => answer.peer === peer && answer.connected && answer.record?.id === record.id)))
  })

  it('each of the newest is asked for that is missing and that somebody can be asked for', () => {
    always(({ answers, isCared, mayAsk }, wanted) => newestOf(answers.flatMap(({ record }) => record ?? [])).every(record =>
      isCared(record.id) || wanted.some(one => one.record.id === record.id) ||
      !answers.some(({ peer, connected, record: held }) => connected && held?.id === record.id && mayAsk(peer, record.id))))
  })

  it('an older one is asked for only if one above it is missing and cannot be had', () => {
    always(({ answers, isCared }, wanted) => {
      const top = newestOf(answers.flatMap(({ record }) => record ?? []))

      return wanted.every(({ record }) => top.some(({ id }) => id === record.id) ||
        answers.some(({ record: above }) => above != null && !isCared(above.id) && order(above, record) !== 'superseded' && !wanted.some(one => one.record.id === above.id)))
    })
  })
})
