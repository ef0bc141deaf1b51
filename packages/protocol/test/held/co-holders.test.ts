import { describe, expect, it } from 'vitest'
import { CoHolders } from '../../src/held/co-holders.ts'

describe('co-holders', () => {
  it('are those that were noted, for that owner only', () => {
    const coHolders = new CoHolders()

    expect(coHolders.note('owner', 'friend')).toBe(true)
    expect(coHolders.note('owner', 'friend')).toBe(false)
    expect([coHolders.has('owner', 'friend'), coHolders.has('owner', 'other'), coHolders.has('other', 'friend')]).toStrictEqual([true, false, false])
    expect([coHolders.list('owner'), coHolders.list('other')]).toStrictEqual([['friend'], []])
  })

  it('are forgotten with their owner', () => {
    const coHolders = new CoHolders()
    coHolders.note('owner', 'friend')
    coHolders.note('other', 'friend')
    coHolders.forget('owner')

    expect([coHolders.has('owner', 'friend'), coHolders.has('other', 'friend')]).toStrictEqual([false, true])
  })

  it('are 32 of one owner at most: those noted longest ago go', () => {
    const coHolders = new CoHolders()

    for (let i = 0; i < 100; i++) {
      coHolders.note('owner', `peer ${i}`)
      coHolders.note('owner', 'the first')
    }

    expect(coHolders.list('owner')).toHaveLength(32)
    expect(coHolders.has('owner', 'the first')).toBe(true)
    expect([coHolders.has('owner', 'peer 68'), coHolders.has('owner', 'peer 69')]).toStrictEqual([false, true])
  })

  it('are bounded in owners, too', () => {
    const coHolders = new CoHolders({ maxOwners: 3, maxPeers: 2 })

    for (let i = 0; i < 10; i++) {
      coHolders.note('friend', 'peer')
      coHolders.note(`stranger ${i}`, 'peer')
    }

    expect([coHolders.has('friend', 'peer'), coHolders.has('stranger 9', 'peer'), coHolders.has('stranger 7', 'peer')]).toStrictEqual([true, true, false])
  })
})
