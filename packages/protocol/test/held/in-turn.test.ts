import { describe, expect, it } from 'vitest'
import { InTurn } from '../../src/held/in-turn.ts'

describe('tasks in turn', () => {
  it('wait for those of their key that came before, and for no others', async () => {
    const turns = new InTurn()
    const gate = Promise.withResolvers<undefined>()
    const done: string[] = []
    const task = (name: string, until?: Promise<undefined>) => async (): Promise<string> => {
      await until
      done.push(name)

      return name
    }
    const all = [turns.run('a', task('a1', gate.promise)), turns.run('a', task('a2')), turns.run('b', task('b1'))]

    expect(await all[2]).toBe('b1')
    expect(done).toStrictEqual(['b1'])
    gate.resolve(undefined)
    expect(await Promise.all(all)).toStrictEqual(['a1', 'a2', 'b1'])
    expect(done).toStrictEqual(['b1', 'a1', 'a2'])
  })

  it('run although the one before has failed', async () => {
    const turns = new InTurn()
    const failing = turns.run('a', async () => { throw new Error('no') })
    const next = turns.run('a', async () => 'yes')

    await expect(failing).rejects.toThrow('no')
    expect(await next).toBe('yes')
    expect(await turns.run('a', async () => 'again')).toBe('again')
  })
})
