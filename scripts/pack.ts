/**
 * Packs every package that is published, as a release does, and looks into the archives: `node scripts/pack.ts [FOLDER]`. Without a folder
 * they are thrown away. Each must hold its README, both licences and what its manifest points at, and no test; its dependencies have versions.
 */
import { spawnSync } from 'node:child_process'
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { root } from './run-step.ts'

interface Manifest {
  name: string
  version: string
  private?: boolean
  exports: Record<string, Record<string, string>>
  imports?: Record<string, Record<string, string>>
  bin?: Record<string, string>
  dependencies: Record<string, string>
}

const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { packageManager: string }
const folder = process.argv[2] == null ? mkdtempSync(join(tmpdir(), 'nara-stash-pack-')) : resolve(process.argv[2])
const faults: string[] = []
let packed = 0

function run (command: string, args: string[], cwd = root): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })

  if (status !== 0) {
    throw new Error(`${command} ${args.join(' ')}: ${stderr}${stdout}`)
  }

  return stdout
}

function check (archive: string): void {
  const files = run('tar', ['-tzf', archive]).split('\n').map(file => file.replace(/^package\//, ''))
  const manifest = JSON.parse(run('tar', ['-xzOf', archive, 'package/package.json'])) as Manifest
  const { name, exports, imports = {}, bin = {}, dependencies } = manifest
  const targets = [...Object.values(exports), ...Object.values(imports), bin].flatMap(paths => Object.values(paths))

  for (const file of ['README.md', 'LICENSE-MIT', 'LICENSE-APACHE', ...targets.map(path => path.replace(/^\.\//, ''))]) {
    if (!files.includes(file)) {
      faults.push(`${name}: ${file} is not in the archive`)
    }
  }

  for (const file of files.filter(file => /(^|\/)(test|bench|node_modules)\/|\.test\.|\.tsbuildinfo$/.test(file))) {
    faults.push(`${name}: ${file} is in the archive`)
  }

  for (const [dependency, version] of Object.entries(dependencies)) {
    if (!/^[\d^~]/.test(version)) {
      faults.push(`${name}: depends on ${dependency} ${version}`)
    }
  }
}

for (const file of globSync('packages/*/package.json', { cwd: root })) {
  const { name, version, private: kept } = JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest

  if (kept !== true) {
    run('npx', ['-y', packageManager, 'pack', '--pack-destination', folder], join(root, dirname(file)))
    check(join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`))
    packed++
  }
}

if (process.argv[2] == null) {
  rmSync(folder, { recursive: true })
}

faults.forEach(fault => { console.error(fault) })
console.log(`${faults.length === 0 ? packed : 0} passed, ${faults.length} failed`)
process.exitCode = faults.length === 0 ? 0 : 1
