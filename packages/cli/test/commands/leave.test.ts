import { request } from 'node:http'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commandHarness } from '../support/command-harness.ts'

describe('leave', () => {
  it('tells how far it is, and what became of what was held, when the daemon has stopped', async () => {
    const { command, nara, ended } = await commandHarness()
    const { code, stdout, stderr } = await command(['leave'])

    expect(code).toBe(0)
    expect(stderr).toBe('zoe (an owner): its stash is as safe without this nara\n')
    expect(stdout.toString()).toBe('handed on 1 stash\nstopped\n')
    expect(nara.stopped).toBe(true)
    expect(await ended).toBe(0)
  })

  it('ends with 3, and says whose, if of some stash no other copy is known to be safe', async () => {
    const { command, nara, ended } = await commandHarness()

    nara.fake.left = { handedOn: 0, kept: 1, left: ['an owner'] }

    const { code, stdout, stderr } = await command(['leave', '--json'])

    expect(code).toBe(3)
    expect(stderr).toBe('')
    expect(JSON.parse(stdout.toString())).toMatchObject({ kept: 1, handedOn: 0, left: ['an owner'] })
    expect(await ended).toBe(3)
  })

  it('has the daemon stop also if nobody waits for the answer any longer', async () => {
    const { dir, nara, ended } = await commandHarness()
    const asked = Promise.withResolvers<void>()
    const leaving = Promise.withResolvers<void>()
    const leave = nara.fake.leave.bind(nara.fake)

    nara.fake.leave = async () => {
      asked.resolve()
      await leaving.promise

      return await leave()
    }

    const client = request({ socketPath: join(dir, 'run', 'api.sock'), method: 'POST', path: '/v1/leave' }).on('error', () => {}).end()

    await asked.promise
    client.destroy()
    await new Promise(resolve => { client.once('close', resolve) })
    leaving.resolve()
    expect(await ended).toBe(0)
  })
})
