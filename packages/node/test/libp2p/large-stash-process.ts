/**
 * One nara of the test of the largest stash, in a process of its own so that its memory can be measured. Argument: what to do, and what with, as
 * JSON. Tells what happens as lines of JSON.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createNara } from '@nara-stash/node'
import { parseSoul } from '@nara-stash/crypto'

export interface LargeStashTask {
  role: 'hold' | 'put' | 'recover'
  bytes: number
  soul?: string
  bootstrap?: string[]
}

export interface LargeStashReport {
  addresses?: string[]
  outcome?: string
  sha256?: string
  /** Bytes of memory at the start, and the most so far. */
  memory?: { start: number, peak: number }
}

const { role, bytes, soul, bootstrap = [] } = JSON.parse(process.argv[2] ?? '') as LargeStashTask
const peak = (): number => process.resourceUsage().maxRSS * 1024
const tell = (report: LargeStashReport): void => { console.log(JSON.stringify(report)) }

const nara = await createNara({
  listen: ['/ip4/127.0.0.1/tcp/0'],
  mdns: false,
  memory: 'high',
  maxStash: bytes,
  target: 2,
  fresh: role !== 'recover',
  bootstrap,
  ...(soul == null ? {} : { soul: parseSoul(soul) })
})
const start = peak()
tell({ addresses: nara.addresses })

switch (role) {
  case 'hold':
    process.on('SIGTERM', () => {
      tell({ memory: { start, peak: peak() } })
      process.exit()
    })
    break
  case 'put': {
    const data = new Uint8Array(randomBytes(bytes))
    const { outcome } = await nara.stash.setStashData(data, { timeout: 50_000 })
    tell({ outcome, sha256: createHash('sha256').update(data).digest('hex'), memory: { start, peak: peak() } })
    process.exit()
    break
  }
  case 'recover': {
    const outcome = await nara.stash.whenSettled()
    tell({ outcome, sha256: nara.stash.status().stash?.sha256 ?? '', memory: { start, peak: peak() } })
    process.exit()
  }
}
