import { NotFoundError, StoppingError, UnreachableError } from '@nara-stash/node'
import { describe, expect, it } from 'vitest'
import { commandHarness } from '../support/command-harness.ts'
import { ended } from '../support/fake-io.ts'

describe('verify', () => {
  it('tells how each copy stood up', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.proof = {
      have: 2,
      copies: [
        { peer: 'a', name: 'bo\u0007', verdict: 'proved', ms: 12, provedAgo: 0 }, { peer: 'b', name: '', verdict: 'proved', ms: 1_500, provedAgo: 12_345 },
        { peer: 'c', name: 'dev', verdict: 'altered', ms: 3, provedAgo: 3_600_000 }, { peer: 'd', name: '', verdict: 'busy', ms: 3, provedAgo: null }
      ]
    }

    const { code, stdout } = await command(['verify'])

    expect(code).toBe(3)
    expect(stdout.toString()).toBe(`CONFIDANT  NAME     TOOK   VERDICT
a          bo\\u{7}  12 ms  proved
b          -        1.5 s  proved 12 s ago; it gives one proof a minute
c          dev      3 ms   altered: its proof is wrong; it last proved it 1 h ago
d          -        3 ms   busy: it gives one proof a minute; ask again then

version 7: 2 of 3 copies proved, enough to be safe
`)
    expect((await command(['verify', '--json'])).json()).toMatchObject({ seq: '7', have: 2, copies: [{}, { provedAgo: 12_345 }, { peer: 'c', verdict: 'altered', ms: 3 }, { provedAgo: null }] })
  })

  it('says which copies count as one', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.proof = { have: 1, sameAddress: [{ address: '192.168.1.7', peers: ['a', 'b', 'c'] }] }
    expect((await command(['verify'])).stdout.toString()).toBe('version 7: 1 of 3 copies proved; 2 make it safe\n' +
      '3 confidants proved it, all behind 192.168.1.7: they count as one copy. To count each: nara-stash start --count-each\n')
  })

  it.each([[3, 0, '3 of 3 copies proved\n'], [2, 3, '2 of 3 copies proved, enough to be safe\n'], [1, 1, '1 of 3 copies proved; 2 make it safe\n'], [0, 1, '0 of 3']])(
    'of %i copies proved ends with %i', async (have, code, text) => {
      const { command, nara } = await commandHarness()

      nara.fake.proof = { have }

      const done = await command(['verify'])

      expect([done.code, done.stdout.toString()]).toEqual([code, expect.stringContaining(text)])
    })

  it('ends with 4 if there is no stash', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.failure = new NotFoundError('there is no stash')
    expect(await command(['verify'])).toMatchObject(ended(4, /there is no stash/))
  })
})

describe('drill', () => {
  it('says that it would come back, and how fast', async () => {
    const { command } = await commandHarness()
    const { code, stdout } = await command(['drill'])

    expect(code).toBe(0)
    expect(stdout.toString()).toBe('identical: version 7 (1 KiB) came back, shown by 3 peers; 3 of 4 answered; it is identical to what is here\n' +
      'a recovery would take 1.2 s once its peers are connected: 900 ms until it is sure which version is the newest, 300 ms for its bytes; ' +
      'to start, and to find and dial its peers, comes before that\n')
    expect((await command(['drill', '--json'])).json()).toMatchObject({ outcome: 'identical', ms: { total: 1_200 } })
  })

  it('warns of what would be taken without being sure of it', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.drilled = { outcome: 'same', confirmed: false }

    const { code, stdout } = await command(['drill'])

    expect(code).toBe(3)
    expect(stdout.toString()).toMatch(/it is identical to what is here, but .* sure that there is none newer\n.*900 ms until it is taken, unconfirmed, which version/)
    expect((await command(['drill', '--json'])).json()).toMatchObject({ outcome: 'same', doubt: null })
  })

  it('warns that it may have been deleted, as recover does', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.drilled = { mayBeDeleted: true }

    const { code, stderr } = await command(['drill'])

    expect(code).toBe(0)
    expect(stderr).toMatch(/may have been deleted.*nara-stash forget/)
    expect((await command(['drill', '--json'])).json()).toMatchObject({ mayBeDeleted: true })
  })

  it('says of a doubt why, and not that anything else came back', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.drilled = { outcome: 'doubtful', doubt: 'CONFLICT', confirmed: false }

    const { code, stdout } = await command(['drill'])

    expect(code).toBe(6)
    expect(stdout.toString()).toBe('doubtful: version 7 (1 KiB) came back, shown by 3 peers; 3 of 4 answered; it would not be taken before you decide\n' +
      'a recovery would end in doubt (CONFLICT) 1.2 s after its peers are connected: there are versions that do not know of each other\n')

    nara.fake.drilled = { outcome: 'nothing', doubt: 'LOST', seq: null }
    expect((await command(['drill'])).stdout.toString()).toMatch(/^nothing: .* no version came back\na recovery would end in doubt \(LOST\)/)
  })

  it.each([['older', '6', 6], ['different', '8', 6], ['unmatched', '8', 6], ['nothing', null, 4], ['nothing', '7', 4]] as const)('%s, version %s, ends with %i', async (outcome, seq, code) => {
    const { command, nara } = await commandHarness()

    nara.fake.drilled = { outcome, seq }

    const done = await command(['drill'])

    expect(done.code).toBe(code)
    expect(done.stdout.toString()).toMatch(new RegExp(`^${outcome}: `))
  })

  it('ends with 4 if there is nobody to ask', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.failure = new UnreachableError('nobody to ask')
    expect(await command(['drill'])).toMatchObject({ code: 4 })
  })

  it('ends with 5, and says why, if the daemon is stopped in the middle of it', async () => {
    const { command, nara } = await commandHarness()

    nara.fake.failure = new StoppingError('this nara stops')
    expect(await command(['drill'])).toMatchObject({ code: 5, stderr: expect.stringContaining('this nara stops') as string })
  })
})
