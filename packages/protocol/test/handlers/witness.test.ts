import { sealedRecord, testBoot, testKey } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { building, holder, otherOwner, owner, scene, self, storing } from './scene.ts'

const witness = { type: 'witness' as const }
const notFound = [{ type: 'not-found' }]

describe('WITNESS', () => {
  it('shows the speaker the newest of its own records that was seen, held or not', async () => {
    const it = scene()
    expect(await it.ask(owner, witness)).toEqual(notFound)

    const { record } = await sealedRecord({ key: owner, seq: 7 })
    it.newest.see(record)
    expect(await it.ask(owner, witness)).toEqual([{ type: 'witnessed', record }])

    const held = await storing({ seq: 8 })
    await it.ask(owner, held)
    expect(await it.ask(owner, witness)).toEqual([{ type: 'witnessed', record: held.record }])
    // what is held may be older than what was heard of
    const heard = await sealedRecord({ key: owner, seq: 9 })
    it.newest.see(heard.record)
    expect(await it.ask(owner, witness)).toEqual([{ type: 'witnessed', record: heard.record }])
  })

  it('shows nobody what is another\'s', async () => {
    const it = scene()
    await it.ask(owner, await storing({ placement: { holders: [self.id, holder.id] } }))

    for (const caller of [holder, otherOwner, testKey(9)]) {
      expect(await it.ask(caller, witness)).toEqual(notFound)
    }
  })

  it('shows the speaker that it lives twice: what was refused as a conflict', async () => {
    const it = scene()
    const mine = await storing({ seq: 3 })
    const twin = await storing({ boot: testBoot(2), seq: 3 })
    await it.ask(owner, mine)
    expect(await it.ask(owner, twin)).toMatchObject([{ type: 'conflict' }])
    expect(await it.ask(owner, witness)).toEqual([{ type: 'witnessed', record: mine.record, beside: twin.record, besidePlacement: twin.placement }])

    // who builds on both ends it
    const merged = await storing({ boot: testBoot(2), seq: 4, past: building(mine.record) })
    await it.ask(owner, merged)
    expect(await it.ask(owner, witness)).toEqual([{ type: 'witnessed', record: merged.record }])
  })

  it('shows a tombstone, too', async () => {
    const it = scene()
    const tombstone = await storing({ seq: 2, body: null })
    expect(await it.ask(owner, tombstone)).toEqual([{ type: 'stored' }])

    expect(await it.ask(owner, witness)).toEqual([{ type: 'witnessed', record: tombstone.record }])
  })

  it('shows it while it leaves, and nothing to whom it does not trust', async () => {
    const it = scene({ deny: [otherOwner.id] })
    await it.ask(owner, await storing())
    it.leaving = true

    expect(await it.ask(owner, witness)).toMatchObject([{ type: 'witnessed' }])
    expect(await it.ask(otherOwner, witness)).toMatchObject([{ type: 'refused', reason: 'not trusted' }])
  })
})
