import { expect, it } from 'vitest'
import { ANSWER_PATIENCE } from '../../../src/constants.ts'
import { arrive, depart, newHolder, viewOf } from '../../../src/services/steward/holder.ts'
import { generated } from './generated.ts'

const [peer] = generated(1) as [string]
const recordId = 'cd'.repeat(32)

it.each([[ANSWER_PATIENCE - 1, 1_000], [ANSWER_PATIENCE, undefined]])('who comes back after %i ms owes an answer since %s', (away, owesSince) => {
  const holder = newHolder(recordId, peer, 0)
  arrive(holder, { id: peer, connection: '1', since: 0 }, 0)
  holder.owesSince = 1_000
  depart(holder, 2_000)
  arrive(holder, { id: peer, connection: '2', since: 0 }, 2_000 + away)

  expect(viewOf(holder).owesSince).toBe(owesSince)
})

it('another connection beside the first one changes nothing of it', () => {
  const holder = newHolder(recordId, peer, 0)
  arrive(holder, { id: peer, connection: '1', since: 0 }, 0)
  holder.owesSince = 1_000
  arrive(holder, { id: peer, connection: '2', since: 0 }, 10 * ANSWER_PATIENCE)

  expect(viewOf(holder).owesSince).toBe(1_000)
})
