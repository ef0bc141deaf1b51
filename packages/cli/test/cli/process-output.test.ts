import { Writable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { processOutput } from '../../src/cli/process-io.ts'

type Done = (error?: Error | null) => void

/** A stream whose reader the test plays. */
function reader (): { stream: Writable, taken: string[], next: (error?: Error) => void } {
  const waiting: Done[] = []
  const taken: string[] = []
  const stream = new Writable({
    autoDestroy: false,
    write: (chunk: Buffer, _, done) => {
      taken.push(chunk.toString())
      waiting.push(done)
    }
  })

  return { stream, taken, next: error => { waiting.shift()?.(error) } }
}

function failure (code: string): Error {
  return Object.assign(new Error(code), { code })
}

describe('standard output', () => {
  it('is flushed once everything was taken', async () => {
    const { stream, next } = reader()
    const out = processOutput(stream)
    const order: string[] = []

    out.write('a')
    out.write('b')
    expect(out.backlog).toBe(2)

    const flushed = out.flush().then(() => { order.push('flushed') })

    order.push('a taken')
    next()
    await Promise.resolve()
    order.push('b taken')
    next()
    await flushed
    expect(order).toEqual(['a taken', 'b taken', 'flushed'])
  })

  it('is dropped once its reader is gone, which is no failure', async () => {
    const { stream, taken, next } = reader()
    const out = processOutput(stream)

    out.write('a')
    next(failure('EPIPE'))
    await out.flush()
    out.write('b')
    await out.flush()
    expect(taken).toEqual(['a'])
    expect(out.backlog).toBe(0)
  })

  it('is dropped once its terminal was closed; a disk that fails is a failure', async () => {
    const terminal = reader()
    const out = processOutput(Object.assign(terminal.stream, { isTTY: true }))

    out.write('a')
    terminal.next(failure('EIO'))
    await out.flush()

    const disk = reader()
    const file = processOutput(disk.stream)

    file.write('a')
    disk.next(failure('EIO'))
    await expect(file.flush()).rejects.toThrow('EIO')
  })

  it('tells that a disk is full', async () => {
    const { stream, next } = reader()
    const out = processOutput(stream)

    out.write('a')
    next(failure('ENOSPC'))
    await expect(out.flush()).rejects.toThrow('ENOSPC')
  })

  it('is not waited for once it was abandoned', async () => {
    const { stream, taken } = reader()
    const out = processOutput(stream)

    out.write('a')

    const flushed = out.flush()

    out.abandon()
    await flushed
    out.write('b')
    await out.flush()
    expect(taken).toEqual(['a'])
  })
})
