import { sealHeader } from '@nara-stash/protocol'
import { expect, describe, it } from 'vitest'
import { privateKeyFromSoul } from '../../packages/node/dist/identity.js'
import { formatCsv, formatReport, makeReport } from '../simulate/report.ts'
import { Simulation } from '../simulate/simulation.ts'
import type { SimulationInit } from '../simulate/arguments.ts'
import type { SimulatedNara } from '../simulate/simulated-nara.ts'
import type { Row } from '../simulate/simulation.ts'

const hour = 3_600_000
const small: SimulationInit = {
  nodes: 8, days: 0.25, up: 2 * hour, down: hour, shape: 0.5, repair: 'full', end: 'crash', seed: 1, rewrite: hour, bytes: 100, bandwidth: Infinity, blips: Infinity, target: 3, disk: 0, diskLoss: Infinity, ownersAway: Infinity, lease: 30 * 24 * hour, every: hour
}
/** Nobody goes before the test says so. */
const still: SimulationInit = { ...small, days: 0.2, up: 1e6 * hour, down: 0.5 * hour, shape: 50, rewrite: Infinity }

async function run (init: SimulationInit, plant?: (simulation: Simulation, lost: string[]) => void): Promise<{ rows: Row[], lost: string[], simulation: Simulation }> {
  const rows: Row[] = []
  const lost: string[] = []
  const simulation = new Simulation(init, {
    onRow: row => { rows.push(row) },
    onLost: owner => { lost.push(owner.truth.story.tell().join('\n')) }
  })

  plant?.(simulation, lost)
  await simulation.run()

  return { rows, lost, simulation }
}

/** Runs `act` at this hour on the nara that came last, and found all others there. */
function at (simulation: Simulation, hours: number, act: (nara: SimulatedNara) => void): void {
  const nara = simulation.naras.at(-1)

  simulation.clock.setTimer(() => {
    if (nara != null) {
      act(nara)
    }
  }, hours * hour)
}

describe('a simulation', () => {
  it('is the same for the same seed, and another for another', async () => {
    const [first, again, other] = [await run(small), await run(small), await run({ ...small, seed: 2 })]

    expect(formatCsv(again.rows)).toBe(formatCsv(first.rows))
    expect(formatCsv(other.rows)).not.toBe(formatCsv(first.rows))
    expect(first.rows.at(-1)?.counts.returns.newest).toBeGreaterThan(0)
  })

  it('has everybody come and go alike, whoever repairs', async () => {
    const [full, none] = [await run(small), await run({ ...small, repair: 'none' })]

    expect(none.rows.map(({ up }) => up)).toStrictEqual(full.rows.map(({ up }) => up))
  })

  it('counts a return with the newest version', async () => {
    const { rows } = await run(still, simulation => { at(simulation, 1, nara => { nara.end() }) })

    expect(rows.at(-1)?.counts.returns).toStrictEqual({ newest: 1, older: 0, foreign: 0, doubtful: 0, misled: 0, lost: 0, expired: 0, stuck: 0, unresolved: 0 })
  })

  it('counts a planted loss, tells its story, and the owner goes on with a new stash', async () => {
    const { rows, lost, simulation } = await run(still, simulation => {
      at(simulation, 1, nara => {
        const holders = simulation.holdersOf(nara)
        expect(holders).toHaveLength(3)
        nara.end()
        // without a word to anybody
        holders.forEach(holder => { void holder.process?.parts.held.drop(nara.id, nara.truth.kept?.id ?? '') })
      })
    })

    expect(rows.at(-1)?.counts.returns).toStrictEqual({ newest: 0, older: 0, foreign: 0, doubtful: 0, misled: 0, lost: 1, expired: 0, stuck: 0, unresolved: 0 })
    expect(lost).toHaveLength(1)
    expect(lost[0]).toContain('outcome of the return: lost')
    expect(simulation.naras.at(-1)?.truth.kept?.version).toBe(2)
  })

  it('counts a doubt that does not end, and the owner goes on with what can be read', async () => {
    const { rows, simulation } = await run(still, simulation => {
      at(simulation, 1, nara => {
        const { owning } = nara.process?.parts ?? {}
        const record = owning?.own.current?.record
        const [holder] = simulation.holdersOf(nara)
        const soul = nara.process?.parts.soul

        if (record == null || soul == null) {
          throw new Error('it has a stash by now')
        }

        nara.end()
        // as if another boot of it, that nobody has anything of any longer, had written once
        void sealHeader({ ...record, boot: '0123456789abcdef', seq: 1, past: [] }, privateKeyFromSoul(soul))
          .then(async other => await holder?.process?.parts.held.hearOf(other))
      })
      at(simulation, 3, nara => { nara.end() })
    })

    expect(rows.at(-1)?.counts.returns).toStrictEqual({ newest: 1, older: 0, foreign: 0, doubtful: 1, misled: 0, lost: 0, expired: 0, stuck: 0, unresolved: 0 })
    expect(simulation.naras.at(-1)?.truth.kept?.version).toBe(1)
    expect(simulation.naras.at(-1)?.process?.service.state).toBe('settled')
  })

  it('counts an older version that comes back in silence', async () => {
    const { rows } = await run(still, simulation => {
      at(simulation, 1, nara => {
        const { truth } = nara
        nara.end()
        // as if a later one had been acknowledged
        truth.kept = { version: truth.written + 1, id: truth.kept?.id ?? '' }
      })
    })

    expect(rows.at(-1)?.counts.returns).toMatchObject({ older: 1, newest: 0 })
  })

  it('counts who goes down again before its stash is known', async () => {
    const { rows } = await run({ ...still, down: 0.1 * hour }, simulation => {
      at(simulation, 1, nara => {
        nara.end()
        const rise = nara.rise.bind(nara)
        nara.rise = () => {
          rise()
          nara.rise = rise
          nara.end()
        }
      })
    })

    expect(rows.at(-1)?.counts.returns).toMatchObject({ unresolved: 1, newest: 1 })
  })

  it.each([['full', true], ['owner', false], ['none', false]] as const)('repair %s: holders make good for a copy of an owner that is away: %s', async (repair, isRepaired) => {
    let copies: number | undefined
    await run({ ...still, repair, down: 2 * hour }, simulation => {
      at(simulation, 1, nara => {
        nara.end()
        simulation.holdersOf(nara)[0]?.end()
        simulation.clock.setTimer(() => { copies = simulation.holdersOf(nara).length }, 10 * 60_000)
      })
    })

    expect(copies === 3).toBe(isRepaired)
    expect(copies).toBeGreaterThanOrEqual(2)
  })

  it.each([['full', 3], ['owner', 3], ['none', 2]] as const)('repair %s: of an owner that is here there are then %i copies', async (repair, expected) => {
    const { rows } = await run({ ...still, repair, down: 100 * hour }, simulation => {
      at(simulation, 1, nara => { simulation.holdersOf(nara)[0]?.end() })
      at(simulation, 4, nara => { expect(simulation.holdersOf(nara)).toHaveLength(expected) })
    })

    expect(rows.length).toBeGreaterThan(3)
  })

  it('has an owner back from a power cut found by its holders, whose dead connections look alive, before it says that it is empty', async () => {
    const { rows } = await run({ ...still, nodes: 60, days: 0.06, end: 'power-cut', down: hour / 900 }, simulation => { at(simulation, 1, nara => { nara.end() }) })

    expect(rows.at(-1)?.counts).toMatchObject({ returns: { newest: 1, misled: 0 }, late: 0 })
  })

  it('has naras out of touch for moments: their connections go, they hear afterwards what was said, and come back to everybody', async () => {
    const cuts: unknown[] = []
    let connections = Infinity
    const { rows, simulation } = await run({ ...still, blips: 0.5 * hour }, simulation => {
      const cutOff = simulation.net.cutOff.bind(simulation.net)
      simulation.net.cutOff = who => {
        cuts.push(who)
        cutOff(who)
      }
      simulation.clock.setTimer(() => { connections = Math.min(...simulation.naras.map(({ process }) => process?.port.peers().length ?? 0)) }, 4.7 * hour)
    })

    expect(new Set(cuts)).toEqual(new Set(simulation.naras.map(({ id }) => id)))
    // about ten each in 4.8 hours
    expect(cuts.length).toBeGreaterThan(40)
    expect(connections).toBeGreaterThan(0)
    expect(rows.at(-1)?.copies).toBeGreaterThanOrEqual(2.5)
    expect(rows.at(-1)?.counts.returns).toMatchObject({ older: 0, foreign: 0, lost: 0 })
  })

  it('takes its time for bodies if the bandwidth is limited', async () => {
    const written = async (bandwidth: number): Promise<number> => {
      let at = Infinity
      await run({ ...still, bytes: 10_000, bandwidth }, simulation => {
        const nara = simulation.naras.at(-1)
        const keep = nara?.truth.keep.bind(nara.truth)

        if (nara != null && keep != null) {
          nara.truth.keep = (version, id) => {
            at = Math.min(at, simulation.clock.now())
            return keep(version, id)
          }
        }
      })

      return at
    }

    // 10,000 bytes at 1,000 a second
    expect(await written(1_000) - await written(Infinity)).toBeGreaterThan(9_000)
  })

  it.each(['crash', 'power-cut', 'leave'] as const)('ends naras by %s', async (end) => {
    const { rows } = await run({ ...small, end })
    const { returns } = rows.at(-1)?.counts ?? {}

    expect(returns).toMatchObject({ older: 0, foreign: 0 })
    expect(returns?.newest).toBeGreaterThan(0)
  })
})

it('a report says what was counted', async () => {
  const { rows, simulation } = await run(small)
  const report = makeReport(simulation.init, rows, { wallSeconds: 1, cpuSeconds: 2, rss: 8_000, heap: 800 })
  const last = rows.at(-1)

  expect(report.returns.newest).toBe(last?.counts.returns.newest)
  expect(report.perNode).toStrictEqual({ cpuSecondsPerDay: 2 / (8 * 0.25), rss: 1_000, heap: 100 })
  expect(report.lossUpperBound).toBeGreaterThan(report.lossPerReturn)
  expect(formatReport(report)).toContain(`${report.returns.all}, of which ${report.returns.all - report.returns.unresolved} in time and resolved`)
  expect(report.copiesOverTime).toHaveLength(6)
  expect(report.copiesOverTime.at(-1)).toBeCloseTo(last?.copies ?? 0)
  expect(report.perOwnerAndDay.bytesMoved / report.perOwnerAndDay.copiesMoved).toBeGreaterThan(still.bytes)
  expect(formatCsv(rows).split('\r\n')[0]).toMatch(/^hours,up,stashes,copies,/)
  expect(formatCsv(rows).trimEnd().split('\r\n')).toHaveLength(rows.length + 1)
})
