import { describe, expect, it } from 'vitest'
import { Answers, MAX_ANSWERS } from '../../../src/services/recovery/answers.ts'
import { header, placementOf } from '../../policy/unsigned.ts'

const clock = { now: () => 7 }
const holding = { record: header('r', 'boot', 1), placement: placementOf('p', 1, ['holder']), direct: true }

describe('answers', () => {
  it('keep what was seen of a peer that comes back without it', () => {
    const answers = new Answers(clock)
    answers.answered('holder', holding)
    answers.asked('holder')
    answers.answered('holder', undefined)

    expect(answers.list()).toStrictEqual([{ peer: 'holder', connected: true, status: 'answered', saidAt: 7, askedAt: 7, witnessing: true }])
    answers.witnessed('holder')
    expect(answers.list()).toStrictEqual([{ peer: 'holder', connected: true, status: 'answered', saidAt: 7, askedAt: 7 }])
    expect(answers.all().slice(1)).toMatchObject([{ peer: 'holder', connected: false, status: 'failed', direct: false, record: { id: 'r' } }])
  })

  it('are not taken back by one that was under way for longer: a copy is replaced by a newer one alone, as long as its holder is connected', () => {
    const newer = { record: header('newer', 'boot', 2), placement: placementOf('p', 2, ['holder']), direct: false }
    const answers = new Answers(clock)
    const shown = (): unknown => answers.list().map(({ record }) => record?.id)

    answers.asked('holder')
    answers.answered('holder', newer)
    answers.answered('holder', holding)
    expect(shown()).toStrictEqual(['newer'])
    expect(answers.all().map(({ record }) => record?.id)).toStrictEqual(['newer', 'r'])

    // another process of it may have lost the newer one
    answers.lost('holder')
    answers.asked('holder')
    answers.answered('holder', holding)
    expect(shown()).toStrictEqual(['r'])
    answers.answered('holder', newer)
    expect(shown()).toStrictEqual(['newer'])
  })

  it('tell when a peer was asked first, over all its connections, and since when it says what it says', () => {
    let now = 1_000
    const answers = new Answers({ now: () => now })
    const told = (): unknown => answers.list().map(({ askedAt, saidAt }) => ({ askedAt, saidAt }))

    answers.asked('holder')
    now = 2_000
    answers.lost('holder')
    answers.asked('holder')
    expect(told()).toStrictEqual([{ askedAt: 1_000, saidAt: undefined }])
    answers.answered('holder', holding)
    now = 3_000
    answers.answered('holder', holding)
    expect(told()).toStrictEqual([{ askedAt: 1_000, saidAt: 2_000 }])
    answers.answered('holder', undefined)
    expect(told()).toStrictEqual([{ askedAt: 1_000, saidAt: 3_000 }])

    // asked for anew, everybody has their time again
    answers.anew()
    now = 4_000
    answers.asked('holder')
    expect(told()).toStrictEqual([{ askedAt: 4_000, saidAt: undefined }])
  })

  it('are not without bound, however many peers come and go', () => {
    const answers = new Answers(clock)
    answers.answered('here', undefined)
    answers.answered('holder', holding)
    answers.lost('holder')

    for (let i = 0; i < 3 * MAX_ANSWERS; i++) {
      answers.asked(`peer ${i}`)
      answers.lost(`peer ${i}`)
    }

    const peers = answers.list().map(({ peer }) => peer)
    expect(peers).toHaveLength(MAX_ANSWERS)
    expect(peers.slice(0, 2)).toStrictEqual(['here', 'holder'])
    expect(peers.at(-1)).toBe(`peer ${3 * MAX_ANSWERS - 1}`)
  })

  it('never forget a record that was seen, nor who is connected', () => {
    const answers = new Answers(clock)
    answers.answered('holder', holding)
    answers.lost('holder')

    for (let i = 0; i < 2 * MAX_ANSWERS; i++) {
      answers.answered(`peer ${i}`, undefined)
    }

    expect(answers.list()).toHaveLength(2 * MAX_ANSWERS)
    expect(answers.all().map(({ record }) => record?.id)).toContain('r')
  })
})
