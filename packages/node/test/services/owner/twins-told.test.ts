import { VirtualClock } from '@nara-stash/testing'
import { beforeEach, expect, it } from 'vitest'
import { Twins } from '../../../src/services/owner/twins.ts'
import { header } from '../../policy/unsigned.ts'
import type { Twin } from '../../../src/api.ts'
import type { RecordHeader } from '@nara-stash/protocol'

const earlier = header('earlier', 'earlier boot', 1)
const ours = header('ours', 'our boot', 2, [earlier])
/** What a crash cut short, or a live twin wrote: the header alone does not tell. */
const beside = header('beside', 'earlier boot', 2)
const above = header('above', 'its boot', 3, [ours])

let told: Array<{ twin: Twin, from: string }>
let twins: Twins

beforeEach(() => {
  told = []
  twins = new Twins({
    own: { owner: 'us', boots: new Set(['our boot']), current: undefined, known: () => [ours] },
    clock: new VirtualClock(),
    onTwin: (twin, from) => { told.push({ twin, from }) }
  })
})

const look = (record: RecordHeader, { isUnheld = false, isSure = true } = {}): number => {
  twins.look({ record, from: 'somebody', isUnheld }, isSure)

  return told.length
}

it('what builds on what this process wrote is a twin\'s, whoever has it', () => {
  expect(look(above, { isSure: false })).toBe(1)
  expect(told).toMatchObject([{ twin: { boot: 'its boot', seq: '3' }, from: 'somebody' }])
  expect(twins.latest).toMatchObject({ boot: 'its boot', seq: '3' })
})

it('what is beside ours may be what a crash left, if somebody has it; or what recovery missed, if that was not sure', () => {
  expect(look(beside)).toBe(0)
  expect(look(beside)).toBe(0)
  expect(look(beside, { isUnheld: true, isSure: false })).toBe(0)
  expect(look(beside, { isUnheld: true })).toBe(1)
})

it('a boot that goes on writing lives', () => {
  expect(look(beside, { isSure: false })).toBe(0)
  expect(look(header('next', 'earlier boot', 3), { isSure: false })).toBe(1)
})

it('our own records, and what ours builds on, are no twin\'s', () => {
  expect(look(header('own', 'our boot', 7), { isUnheld: true })).toBe(0)
  expect(look(earlier, { isUnheld: true })).toBe(0)
})

it('each boot is told once, with the highest seq that was seen', () => {
  look(above)
  look(header('higher', 'its boot', 9, [ours]))
  look(above)
  expect(told).toHaveLength(1)
  expect(twins.latest).toMatchObject({ seq: '9' })
  expect(look(header('other', 'a third boot', 4, [ours]))).toBe(2)
})
