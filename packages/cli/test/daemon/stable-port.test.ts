import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stablePort } from '../../src/daemon/stable-port.ts'
import { tempDir } from '../support/temp-dir.ts'

const both = (port: number): string[] => [`/ip4/0.0.0.0/tcp/${port}`, `/ip6/::/tcp/${port}`]

describe('the port of a daemon that was not told where to listen', () => {
  it('is 6272 at first, and is remembered, in a private file', async () => {
    const dir = await tempDir()
    const port = await stablePort({ dir, listen: undefined })

    expect(port.options).toEqual({ listen: both(6272), anotherPort: true })
    expect(await port.settle({ listening: both(6272) })).toEqual([])
    expect(await readFile(join(dir, 'port'), 'utf8')).toBe('6272\n')
    expect((await stat(join(dir, 'port'))).mode & 0o777).toBe(0o600)
  })

  it('is the one that it came to be, if that was taken, from then on', async () => {
    const dir = await tempDir()
    const notes = await (await stablePort({ dir, listen: undefined })).settle({ listening: both(6273) })

    expect(notes).toEqual([expect.stringMatching(/^port 6272 is taken by another program: this nara listens on port 6273/)])
    expect((await stablePort({ dir, listen: undefined })).options).toEqual({ listen: both(6273), anotherPort: true })
    expect(await (await stablePort({ dir, listen: undefined })).settle({ listening: both(6273) })).toEqual([])
  })

  it('is said not to be that of IPv6, where another program has it there', async () => {
    const dir = await tempDir()
    const listening = [both(6272)[0] ?? '', both(6273)[1] ?? '']

    expect(await (await stablePort({ dir, listen: undefined })).settle({ listening })).toEqual([
      'port 6272 is taken by another program in IPv6, where this nara listens on port 6273'
    ])
    expect(await readFile(join(dir, 'port'), 'utf8')).toBe('6272\n')
  })

  it('is said to be of IPv4 alone, where there is no IPv6', async () => {
    const dir = await tempDir()

    expect(await (await stablePort({ dir, listen: undefined })).settle({ listening: both(6272).slice(0, 1) })).toEqual(['this machine has no IPv6: this nara listens on IPv4 alone'])
  })

  it.each(['', 'x', '0', '65536', '-1', '6272 6273', '1e3'])('is 6272, and it is said, if what is remembered is %j', async text => {
    const dir = await tempDir()
    await writeFile(join(dir, 'port'), text)
    const port = await stablePort({ dir, listen: undefined })

    expect(port.options.listen).toEqual(both(6272))
    expect(await port.settle({ listening: both(6272) })).toEqual([expect.stringContaining('is damaged and was ignored')])
    expect(await readFile(join(dir, 'port'), 'utf8')).toBe('6272\n')
  })

  it('does not keep a start from going on, if it cannot be remembered', async () => {
    const dir = await tempDir()
    await mkdir(join(dir, 'port', 'in the way'), { recursive: true })
    const port = await stablePort({ dir, listen: undefined })

    expect(await port.settle({ listening: both(6272) })).toEqual([expect.stringContaining('was ignored'), expect.stringContaining('the next start may listen on another port')])
  })

  it('is what was told, if it was told, and that is not remembered', async () => {
    const dir = await tempDir()
    const port = await stablePort({ dir, listen: ['/ip4/127.0.0.1/tcp/0'] })

    expect(port.options).toEqual({ listen: ['/ip4/127.0.0.1/tcp/0'] })
    expect(await port.settle({ listening: ['/ip4/127.0.0.1/tcp/4001'] })).toEqual([])
    await expect(stat(join(dir, 'port'))).rejects.toThrow('ENOENT')
  })
})
