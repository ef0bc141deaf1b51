import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { sealingKey } from '../src/keys.ts'
import { seal } from '../src/seal.ts'
import { soulFromSeed } from '../src/soul.ts'
import { soulToWords } from '../src/words.ts'
import { hex } from './bytes.ts'
import type { Findings, Task } from './fixtures/host.ts'
import strict from './vectors/ed25519-strict.json' with { type: 'json' }
import vectors from './vectors/identity-v1.json' with { type: 'json' }

const soul = soulFromSeed(hex(vectors.seed))

async function on (host: Task['host']): Promise<Findings> {
  const task: Task = {
    host,
    entry: import.meta.resolve('@nara-stash/crypto'),
    seed: vectors.seed,
    nonce: vectors.nonce,
    signatures: [...strict.forbidden, strict.allowed]
  }
  const script = new URL('./fixtures/host.ts', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(task)], { timeout: 15_000 })

  return JSON.parse(stdout) as Findings
}

test.each([
  ['node', 'bulk/node.js'],
  ['other', 'bulk/portable.js']
] as const)('the built package on a host of kind "%s" loads %s and gives the same results', async (host, bulk) => {
  const found = await on(host)
  const sealed = seal(sealingKey(soul), new Uint8Array(5000).fill(7), { nonce: hex(vectors.nonce) })

  expect(found.loaded.some((url) => url.endsWith(bulk))).toBe(true)
  expect(found.loaded.includes('node:crypto')).toBe(host === 'node')
  expect(found).toMatchObject({
    peerId: vectors.peerId,
    words: soulToWords(soul),
    ciphertext: Buffer.from(sealed.ciphertext).toString('hex'),
    opened: true,
    fresh: 32,
    refused: 'OpenError',
    verdicts: [...strict.forbidden.map(() => false), true]
  })
})
