import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { VirtualClock } from '@nara-stash/testing'
import { describe, expect, it } from 'vitest'
import { ArgumentError, parseArguments } from '../simulate/arguments.ts'
import { upperBound } from '../simulate/bounds.ts'
import { contentOf, versionIn } from '../simulate/content.ts'
import { noCounts, promisedReturns } from '../simulate/counts.ts'
import { formatTime, parseDuration } from '../simulate/durations.ts'
import { Judgement } from '../simulate/judgement.ts'
import { Schedule } from '../simulate/schedule.ts'
import { Story } from '../simulate/story.ts'
import { Truth } from '../simulate/truth.ts'

describe('the upper bound', () => {
  it.each([
    // Clopper and Pearson's one-sided bounds: 1 - 0.05^(1/n) without an event, the beta distribution's quantiles with some
    [0, 10, 0.2589],
    [1, 10, 0.3942],
    [5, 10, 0.7776],
    [1, 100, 0.0466],
    [10, 10, 1]
  ])('of %i in %i is %d', (events, trials, expected) => {
    expect(upperBound(events, trials)).toBeCloseTo(expected, 4)
  })

  it('is three in n where nothing was seen, and that of a Poisson count where little was', () => {
    expect(upperBound(0, 300_000)).toBeCloseTo(2.9957 / 300_000, 9)
    // the mean of which at most 5 are seen in 5 % of all cases is 10.513
    expect(upperBound(5, 43_702) * 43_702).toBeCloseTo(10.513, 2)
    expect(upperBound(2_000, 200_000)).toBeGreaterThan(0.01)
    expect(upperBound(2_000, 200_000)).toBeLessThan(0.0105)
  })

  it.each([[-1, 5], [6, 5], [0.5, 5]])('refuses %d in %d', (events, trials) => {
    expect(() => upperBound(events, trials)).toThrow(RangeError)
  })
})

it.each([['90s', 90_000], ['8h', 28_800_000], ['1.5d', 129_600_000], ['250ms', 250], ['0h', undefined], ['8', undefined], ['-1h', undefined], ['x', undefined]])(
  'a time of %s', (text, ms) => { expect(parseDuration(text)).toBe(ms) })

it('a point of time reads as days and hours', () => {
  expect(formatTime(86_400_000 + 3_723_000)).toBe('1 d 01:02:03')
})

it('a content is of one stash and one version only', () => {
  const content = contentOf(3, 7, 100)

  expect(content).toHaveLength(100)
  expect(versionIn(content, 3)).toBe(7)
  expect(versionIn(content, 4)).toBeUndefined()
  expect(versionIn(contentOf(3, 8, 100), 3)).toBe(8)
  content[99] = (content[99] ?? 0) ^ 1
  expect(versionIn(content, 3)).toBeUndefined()
})

it('sessions and absences have the means that were asked for, and follow from the seed', () => {
  const init = { up: 8, down: 4, shape: 0.5 }
  const schedule = new Schedule(init, 1)
  const draws = Array.from({ length: 200_000 }, () => [schedule.session(), schedule.absence()] as const)
  const mean = (which: 0 | 1): number => draws.reduce((sum, draw) => sum + draw[which], 0) / draws.length

  // the standard deviation of a Weibull distribution of shape 0.5 is sqrt(5) times its mean: these are 4 standard errors
  expect(Math.abs(mean(0) - 8)).toBeLessThan(4 * 8 * Math.sqrt(5 / draws.length))
  expect(Math.abs(mean(1) - 4)).toBeLessThan(4 * 4 * Math.sqrt(5 / draws.length))
  expect(new Schedule(init, 1).session()).toBe(draws[0]?.[0])
  expect(new Schedule(init, 2).session()).not.toBe(draws[0]?.[0])
})

it('of the copies that an owner brings out, the first ones are its write, the others repair', () => {
  const truth = new Truth()

  expect([1, 2, 3, 4].map(() => truth.broughtOut(1, 3))).toStrictEqual(['written', 'written', 'written', 'byOwner'])
  expect(truth.broughtOut(2, 3)).toBe('written')
})

it('a version is kept once', () => {
  const truth = new Truth()

  expect(truth.keep(1, 'a')).toBe(true)
  expect(truth.keep(1, 'a')).toBe(false)
  expect(truth.keep(1, 'b')).toBe(true)
  truth.lose()
  expect(truth.kept).toBeUndefined()
  expect(truth.keep(1, 'b')).toBe(true)
})

it('a story keeps what happened last', () => {
  const story = new Story()
  Array.from({ length: 2_000 }, (_, i) => { story.note(1_000 * i, `line ${i}`) })

  expect(story.tell(1_998_000)).toStrictEqual(['0 d 00:33:18  line 1998', '0 d 00:33:19  line 1999'])
  expect(story.tell()[0]).toMatch(/^\(\d+ lines before\)$/)
})

describe('a return', () => {
  const minute = 60_000

  async function judged (says: string[], { copies = 0, version = 2, isOverdue = false, up = 20 * minute } = {}): Promise<Record<string, number>> {
    const clock = new VirtualClock()
    const counts = noCounts()
    let state = 'searching'
    const judgement = new Judgement({
      clock, counts, kept: 2, isOverdue, version: () => version, state: () => state, copies: () => copies, onOutcome: () => {}
    })

    for (const next of says) {
      state = next
      judgement.entered(next)
      await clock.advance(minute)
    }

    await clock.advance(up - says.length * minute)
    judgement.close()
    judgement.close()

    return Object.fromEntries(Object.entries({ ...counts.returns, late: counts.late }).filter(([, count]) => count > 0))
  }

  it.each([
    ['settled', ['settled'], {}, { newest: 1 }],
    ['settled, with what was written last but not acknowledged', ['settled'], { version: 3 }, { newest: 1 }],
    ['settled, with an older version', ['settled'], { version: 1 }, { older: 1 }],
    ['empty, and nothing is left', ['empty'], {}, { lost: 1 }],
    ['empty, and nothing is left because the promise was over', ['empty'], { isOverdue: true }, { expired: 1 }],
    ['empty, though there is a copy', ['empty'], { copies: 1 }, { misled: 1 }],
    ['empty, and then settled', ['empty', 'settled'], { copies: 1 }, { newest: 1, late: 1 }],
    ['doubtful, and nothing is left', ['doubtful'], {}, { lost: 1 }],
    ['doubtful, and stays so', ['doubtful'], { copies: 2 }, { doubtful: 1 }],
    ['doubtful, and then settled', ['doubtful', 'settled'], { copies: 2 }, { newest: 1 }],
    ['settled, and empty later', ['settled', 'empty'], {}, { newest: 1 }],
    ['silent, and gone after two minutes', ['recovering'], { up: 2 * minute }, { stuck: 1 }],
    ['silent, and gone before', ['recovering'], { up: 2 * minute - 1 }, { unresolved: 1 }]
  ])('is %s', async (_, says, world, expected) => {
    expect(await judged(says, world)).toStrictEqual(expected)
  })

  it('counts for the loss per return unless it ended too early, or the promise was over', () => {
    expect(promisedReturns({ newest: 1, older: 2, foreign: 4, doubtful: 8, misled: 16, lost: 32, stuck: 64, expired: 128, unresolved: 256 })).toBe(127)
  })
})

describe('the command line', () => {
  it('has defaults', () => {
    expect(parseArguments([])).toMatchObject({ nodes: 200, days: 60, up: 28_800_000, down: 14_400_000, repair: 'full', end: 'crash', seed: 1 })
    expect(parseArguments(['--leave', '--rewrite', 'never'])).toMatchObject({ end: 'leave', rewrite: Infinity, blips: Infinity, bandwidth: Infinity })
    expect(parseArguments(['--blips', '6h', '--bandwidth', '20000'])).toMatchObject({ blips: 21_600_000, bandwidth: 20_000 })
    expect(parseArguments(['--help'])).toBeUndefined()
  })

  it('writes a CSV unless a program reads the result', () => {
    expect(parseArguments([])?.csv).toBe('simulation.csv')
    expect(parseArguments(['--json'])?.csv).toBeUndefined()
    expect(parseArguments(['--json', '--csv', 'a.csv'])?.csv).toBe('a.csv')
  })

  it.each([
    [['--nodes', '3'], /--nodes is "3"; it must be a whole number from 4/],
    [['--up', '8'], /--up is "8"; it must be a time above 0, such as 90s, 8h or 1.5d/],
    [['--repair', 'some'], /--repair is "some"; it must be one of full, owner, none/],
    [['--days', '-1'], /days/],
    [['--days=0'], /--days is "0"/],
    [['--dyas', '1'], /--dyas/],
    [['--seed', ''], /--seed/]
  ])('says what is wrong with %j', (args, message) => {
    expect(() => parseArguments(args)).toThrow(ArgumentError)
    expect(() => parseArguments(args)).toThrow(message)
  })

  const script = fileURLToPath(new URL('../simulate.ts', import.meta.url))

  it('exits with 2 and a hint on a wrong flag, and with 0 on --help', () => {
    const wrong = spawnSync(process.execPath, [script, '--up', '8'], { encoding: 'utf8' })
    const help = spawnSync(process.execPath, [script, '--help'], { encoding: 'utf8' })

    expect(wrong.status).toBe(2)
    expect(wrong.stderr).toContain('See --help.')
    expect(help.status).toBe(0)
    expect(help.stdout).toContain('npm run simulate -- --nodes 200')
  })

  it('writes a CSV with a row an hour, and knows at once where it cannot', () => {
    const folder = mkdtempSync(join(tmpdir(), 'simulate-'))
    const run = (cwd: string, ...args: string[]) => spawnSync(process.execPath, [script, '--nodes', '6', '--days', '0.2', ...args], { cwd, encoding: 'utf8' })

    try {
      const { status, stdout } = run(folder)
      expect(status).toBe(0)
      expect(stdout).toMatch(/^copies over time {2,}\d\.\d\d/m)
      expect(readFileSync(join(folder, 'simulation.csv'), 'utf8')).toMatch(/^hours,up,stashes,copies,.*\r\n(?:[\d.,]+\r\n){5}$/)
      expect(run(folder, '--csv', 'no/such/folder')).toMatchObject({ status: 2, stdout: '' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('fails when it takes longer than it may', () => {
    const { status, stderr } = spawnSync(process.execPath, [script, '--nodes', '6', '--days', '0.2', '--max-cpu', '0.001', '--json'], { encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toContain('s of CPU, 0.001 allowed')
  })

  it('fails when more fail than may', () => {
    const args = ['--nodes', '6', '--days', '1', '--up', '1h', '--down', '2h', '--repair', 'none', '--quiet']
    const { status, stderr, stdout } = spawnSync(process.execPath, [script, ...args, '--max-lost', '0', '--json'], { encoding: 'utf8' })

    expect(status).toBe(1)
    expect(stderr).toMatch(/^seed 1: \d+ returns failed \(\d+ lost, \d+ doubtful, \d+ "empty", \d+ silent\), 0 allowed$/m)
    expect((JSON.parse(stdout) as { returns: { lost: number } }).returns.lost).toBeGreaterThan(0)
  })
})
