import { expect, it } from 'vitest'
import { connect } from '../../src/client/api-client.ts'
import { NaraNetwork } from './nara-network.ts'
import type { PutAnswer } from '../../src/api/types.ts'
import type { NaraDaemon } from '../support/nara-process.ts'

const MINUTE = 60_000

it('writes through a daemon are kept at any pace: at once, and each awaited before the next', async () => {
  const network = await NaraNetwork.open()
  const [owner] = await network.startAll(['owner', 'bo', 'cleo']) as [NaraDaemon]
  const api = await connect(owner.dir)
  const put = async (text: string): Promise<PutAnswer> => await api.put(Buffer.from(text), { timeout: MINUTE })
  const answers: PutAnswer[] = await Promise.all(Array.from({ length: 200 }, async (_, i) => await put(`at once ${i}`)))
  const versions = new Set(answers.map(({ seq }) => seq)).size

  expect(versions).toBeLessThan(100)
  // each version has the data of one of them
  expect(answers.filter(({ coalesced }) => coalesced !== true)).toHaveLength(versions)

  for (let i = 0; i < 100; i++) {
    answers.push(await put(`one after the other ${i}`))
  }

  expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set(['kept']))
  expect(answers.flatMap(({ failures }) => failures)).toEqual([])
  expect((await api.get()).data.toString()).toBe('one after the other 99')
}, 2 * MINUTE)
