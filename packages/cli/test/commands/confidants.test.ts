import { createSoul, peerIdString, publicKeyOf } from '@nara-stash/crypto'
import { describe, expect, it } from 'vitest'
import { commandHarness as harness } from '../support/command-harness.ts'
import { ended } from '../support/fake-io.ts'

const peerId = (): string => peerIdString(publicKeyOf(createSoul()))

describe('confidants', () => {
  it('are listed, set, added, removed and chosen', async () => {
    const { command, nara } = await harness()
    const [a, b, c, stranger] = [peerId(), peerId(), peerId(), peerId()] as const

    expect((await command(['confidants'])).stdout.toString()).toBe('no confidants yet; 3 are wanted\n')
    await command(['confidants', 'set', a, b])
    expect(nara.fake.confidants).toEqual([a, b])
    await command(['confidants', 'add', c])
    await command(['confidants', '--json', 'remove', a])
    expect(nara.fake.confidants).toEqual([b, c])
    expect((await command(['confidants', 'auto', '--json'])).json()).toMatchObject({ target: 3, confidants: [{ peerId: b }, { peerId: c }] })
    expect((await command(['confidants', 'remove', stranger])).code).toBe(1)
  })

  it('says what follows of free places: they are filled again, by the one that was removed perhaps', async () => {
    const { command } = await harness()
    const [a, b, c, d] = [peerId(), peerId(), peerId(), peerId()] as const

    expect((await command(['confidants', 'set', a, b])).stdout.toString())
      .toMatch(/\n\n1 place of 3 is free: it is filled with another peer; these 2 stay\n$/)
    expect((await command(['confidants', 'set', a, b, c, d])).stdout.toString()).not.toContain('free')
    expect((await command(['confidants', 'remove', d])).stdout.toString()).not.toContain('free')
    expect((await command(['confidants', 'remove', b, c])).stdout.toString())
      .toMatch(new RegExp(`\n\n2 places of 3 are free and are filled again, it may be by the same peers; to keep them out: nara-stash start --deny ${b} ${c}\n$`))
    // who reads JSON sees the target beside the list
    expect(Object.keys((await command(['confidants', 'remove', a, '--json'])).json() as object).toSorted()).toEqual(['confidants', 'target'])
  })

  it('refuses what is no peer id, as a wrong command line, and names the subcommands', async () => {
    const { command, nara } = await harness()

    for (const verb of ['set', 'add', 'remove']) {
      expect(await command(['confidants', verb, peerId(), 'bogus'])).toMatchObject(ended(2, /"bogus" is no peer id\n {2}peer ids are listed by: nara-stash peers/))
    }

    expect(await command(['confidants', 'bogus'])).toMatchObject(ended(2, /one of: set, add, remove, auto/))
    expect(await command(['id', 'bogus'])).toMatchObject(ended(2, /one of: new, show, words, import/))
    expect(nara.fake.confidants).toEqual([])
  })
})
