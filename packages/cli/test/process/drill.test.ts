import { expect, it } from 'vitest'
import { comeBack, json, metSince, peerId, scene } from './scene.ts'
import type { DaemonStatus } from '../../src/api/types.ts'
import type { DrillResult, VerifyResult } from '@nara-stash/node'

const TIMEOUT = 120_000

/**
 * A return may take so many times what was told, and this longer: other processes of this machine start and dial meanwhile, and a witness may be waited for a second.
 * Far less than the ten seconds after which silence is an answer. Milliseconds.
 */
const SLOWER = 10
const LATER = 2_000

/**
 * All that neither time alone nor a peer's first word changes: a date is counted from two clocks,
 * which are not read at the same moment, and what a peer says of itself may be heard meanwhile.
 */
function lasting ({ copies, confidants, ...status }: DaemonStatus): unknown {
  return {
    ...status,
    uptime: 0,
    copies: { ...copies, keptUntil: null },
    confidants: confidants.map(({ peerId, state, pinned, since }) => ({ peerId, state, pinned, since }))
  }
}

it('verify and drill say how safe a stash is, by exit codes too, and change nothing', async () => {
  const { owner, holders } = await scene(['bo', 'cleo', 'dev'], Buffer.alloc(300_000, 'nara'), { args: ['--repair-delay', '1h'] })
  const before = await owner.status()
  const all = await json<VerifyResult>(owner, 'verify')
  const drill = await json<DrillResult>(owner, 'drill')

  expect(all).toMatchObject({ code: 0, answer: { seq: '1', minimum: 2, target: 3 } })
  expect(all.answer.copies.map(({ peer, verdict }) => `${verdict} ${peer}`).sort()).toEqual((await Promise.all(holders.map(async holder => `proved ${await peerId(holder)}`))).sort())
  expect(drill).toMatchObject({ code: 0, answer: { outcome: 'identical', seq: '1', bytes: 300_000, holders: 3, confirmed: true } })
  expect(drill.answer.ms.total).toBeGreaterThan(0)
  expect((await owner.command(['drill'])).stdout.toString()).toMatch(/^identical: version 1 \(293.0 KiB\) came back, shown by 3 peers; 4 of 4 answered; .*\na recovery would take .* once its peers are connected: /)

  expect(lasting(await owner.status())).toEqual(lasting(before))

  // one is gone: fewer than wanted, enough to be safe
  const gone = await peerId(holders[0] as typeof owner)

  await holders[0]?.kill()

  const fewer = await json<VerifyResult>(owner, 'verify')

  expect(fewer).toMatchObject({ code: 3, answer: { have: 2 } })
  expect(fewer.answer.copies.find(({ peer }) => peer === gone)?.verdict).toBe('unreachable')

  // all are gone, and the owner is the last that has it
  await Promise.all(holders.map(async holder => { await holder.kill() }))
  expect(await json(owner, 'verify')).toMatchObject({ code: 1, answer: { have: 0 } })
  expect(await json(owner, 'drill')).toMatchObject({ code: 4, answer: { outcome: 'nothing', seq: null } })
  expect((await owner.command(['get'])).stdout).toHaveLength(300_000)
}, TIMEOUT)

it('drill tells how long a return takes once its peers are connected, after a kill -9 with nothing but the soul', async () => {
  const { network, owner, holders, soul } = await scene(['bo', 'cleo', 'dev'], Buffer.alloc(300_000, 'nara'))
  const told: number[] = []

  for (let i = 0; i < 3; i++) {
    const startedAt = performance.now()
    const { stdout } = await owner.command(['drill'])
    const [, value, unit] = /\na recovery would take ([\d.]+) (ms|s) once its peers are connected: /.exec(stdout.toString()) ?? []
    const milliseconds = Number(value) * (unit === 's' ? 1_000 : 1)

    expect(milliseconds).toBeGreaterThan(0)
    expect(milliseconds).toBeLessThan(performance.now() - startedAt)
    told.push(milliseconds)
  }

  await owner.kill()

  const back = comeBack({ network, soul })
  const recovered = await back.until('stash:recovered')

  expect(recovered).toMatchObject({ seq: '1', bytes: 300_000, confirmed: true })

  const returned = back.heardAt(recovered)

  // the fastest of some: one that this machine held up says nothing of the others
  expect(returned - back.startedAt).toBeGreaterThanOrEqual(Math.min(...told))
  // so that is what is left of a return when its last holder is connected; as a rule it needs less, since it asks each as soon as it is
  expect(returned - Math.max(...await Promise.all(holders.map(async holder => await metSince(back, holder))))).toBeLessThan(SLOWER * Math.max(...told) + LATER)
}, TIMEOUT)
