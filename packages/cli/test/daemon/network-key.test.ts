import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatNetworkKey, readNetworkKey } from '../../src/daemon/network-key.ts'
import { writeModed } from '../support/files.ts'
import { tempDir } from '../support/temp-dir.ts'

const text = formatNetworkKey(new Uint8Array(32).fill(7))

async function read (content: string): Promise<string> {
  return new TextDecoder().decode(await readNetworkKey(await writeModed(join(await tempDir(), 'psk'), content, 0o600)))
}

describe('a private-network key file', () => {
  it.each([text, text.trim(), text.replaceAll('\n', '\r\n')])('is taken: %j', async content => {
    expect(await read(content)).toBe(text)
  })

  it.each(['', 'hello', text.replace('base16', 'base64'), text.replace('1.0.0', '2.0.0'), text.slice(0, -3), text.replace(/\w$/m, 'x'), text + 'ff'])(
    'is refused: %j', async content => {
      const error = await read(content).then(() => undefined, (reason: Error & { hint?: string }) => reason)

      expect(error?.name).toBe('InvalidNetworkKeyError')
      expect(error?.hint).toMatch(/64 hex digits/)
      expect(error?.message).not.toContain('0707')
    })
})
