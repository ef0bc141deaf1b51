/**
 * Generates the protobuf codecs: `pnpm generate`. With `--check` it compares with what is committed and changes nothing.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { root } from './run-step.ts'

const protos = globSync('packages/*/src/pb/*.proto', { cwd: root })
const check = process.argv.includes('--check')
let stale = 0

for (const proto of protos) {
  const committed = join(root, dirname(proto))
  const output = check ? mkdtempSync(join(tmpdir(), 'nara-stash-pb-')) : committed

  if (check) {
    cpSync(join(root, proto), join(output, basename(proto)))
  }

  const { status, stderr } = spawnSync('protons', [join(output, basename(proto))], { cwd: root, encoding: 'utf8' })

  if (status !== 0) {
    throw new Error(`protons failed on ${proto}: ${stderr}`)
  }

  if (check) {
    const name = basename(proto).replace('.proto', '.ts')

    if (readFileSync(join(output, name), 'utf8') !== readFileSync(join(committed, name), 'utf8')) {
      stale++
      console.error(`${proto}: the committed codec is not what it generates; run pnpm generate`)
    }

    rmSync(output, { recursive: true })
  }
}

console.log(`${protos.length - stale} passed, ${stale} failed`)
process.exitCode = stale === 0 ? 0 : 1
