import { UnreachableError } from '@nara-stash/protocol'
import { VirtualClock } from '@nara-stash/testing'
import { expect, it } from 'vitest'
import { isCutShort } from '../../../src/services/owner/cut-short.ts'
import { headers } from '../../policy/headers.ts'
import type { OwnStash } from '../../../src/services/owner/own-stash.ts'
import type { Placement, RecordHeader, StashNetwork } from '@nara-stash/protocol'

const [before, cut, after, ours, others] = headers([
  ['a', 1, []], ['a', 2, []], ['a', 3, []], ['z', 2, [['a', 1]]], ['a', 1, []]
]) as [RecordHeader, RecordHeader, RecordHeader, RecordHeader, RecordHeader]
const placement = { owner: 'owner', holders: ['x', 'y', 'z'], minCopies: 2 } as unknown as Placement

type Says = [record: RecordHeader, direct: boolean] | 'nothing' | 'silence'

async function ask (says: Says[], isConfirmed = true): Promise<boolean> {
  const network = {
    peers: () => [],
    ask: (async (peer: string) => {
      const said = says[placement.holders.indexOf(peer)] ?? 'silence'

      if (said === 'silence') {
        throw new UnreachableError('gone')
      }

      return said === 'nothing' ? { type: 'not-found' } : { type: 'found', record: said[0], placement, liveHolders: [], direct: said[1] }
    }) as StashNetwork['ask']
  }

  return await isCutShort({ network, own: { owner: 'owner', covers: record => record === before || record === ours } as OwnStash, clock: new VirtualClock() }, cut, [placement], { isConfirmed })
}

it.each([
  ['two have what was before it', true, [[before, true], [before, true], [cut, true]]],
  ['two have what we wrote since', true, [[ours, true], [ours, true], 'silence']],
  ['two have it from the third', true, [[cut, false], [after, false], [cut, true]]],
  ['two took it from who wrote it', false, [[cut, true], [cut, true], [before, true]]],
  ['two took what builds on it', false, [[after, true], [after, true], [before, true]]],
  ['one took it, and another one is away', false, [[cut, true], [before, true], 'silence']],
  ['one took it, and another one has lost what it had', false, [[cut, true], [before, true], 'nothing']],
  ['one took it, and another one was refilled', false, [[cut, true], [before, true], [before, false]]],
  ['one shows somebody else\'s', false, [[before, true], [{ ...others, owner: 'another' }, true], [cut, true]]],
  ['nobody is here', false, ['silence', 'silence', 'silence']]
] as Array<[string, boolean, Says[]]>)('%s: %s', async (_, isSo, says) => {
  expect(await ask(says)).toBe(isSo)
})

it('without a confirmed recovery those who have it from the third, or what we do not build on, say nothing', async () => {
  expect(await ask([[cut, false], [after, false], [cut, true]], false)).toBe(false)
  expect(await ask([[cut, false], [before, true], [cut, true]], false)).toBe(false)
  expect(await ask([[others, true], [before, true], [cut, true]], false)).toBe(false)
  expect(await ask([[before, true], [ours, true], [cut, true]], false)).toBe(true)
})
