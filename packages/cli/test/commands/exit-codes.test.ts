import { describe, expect, it } from 'vitest'
import { verifyCode } from '../../src/commands/verify.ts'
import { commandHarness } from '../support/command-harness.ts'

/** What the help of a command says of one of its exit codes. */
async function meaning (name: string, code: number): Promise<string | undefined> {
  const { command } = await commandHarness()

  return new RegExp(`^  ${code}  (.*)$`, 'm').exec((await command([name, '--help'])).stdout.toString())?.[1]
}

const proved = (have: number): Parameters<typeof verifyCode>[0] => ({ seq: '1', copies: [], have, minimum: 2, target: 3 })

describe('the help says what the exit codes mean', () => {
  it.each([
    [0, 'done: as many copies as wanted were proved', proved(3)],
    [3, 'fewer copies proved than wanted', proved(2)],
    [1, 'error, or fewer copies proved than make the stash safe', proved(1)]
  ])('of verify: %i', async (code, said, result) => {
    expect(verifyCode(result)).toBe(code)
    expect(await meaning('verify', code)).toBe(said)
  })

  it('of status, which ends with 0 if it could tell how the stash is, doubtful or not', async () => {
    const { command, nara } = await commandHarness()
    nara.fake.become('doubtful')

    expect((await command(['status', '--json'])).code).toBe(0)
    expect((await command(['status', '--wait', 'doubtful'])).code).toBe(0)
    expect(await meaning('status', 0)).toBe('done: the state was told, whatever it is')
    expect(await meaning('status', 1)).toBe('error, or what --wait waits for did not come in time')
    expect(await meaning('status', 6)).toBe('what --wait waits for did not come in time, and the state is doubtful')
  })

  it('of start, which a signal may end before it is up', async () => {
    expect(await meaning('start', 129)).toBe('ended by SIGHUP before it was up')
    expect(await meaning('start', 143)).toMatch(/^ended by SIGTERM before it was up/)
    expect(await meaning('demo', 130)).toBe('ended by SIGINT before it was done')
  })

  it('of put as of all commands', async () => {
    expect(await meaning('put', 3)).toBe('fewer copies than make a stash safe, or than are wanted')
  })
})
