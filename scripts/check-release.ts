/**
 * `node scripts/check-release.ts v1.2.3`: every package that is published has the tag's version, and the changelog speaks of it.
 */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run-step.ts'

const tag = process.argv[2] ?? ''
const version = tag.replace(/^v/, '')
const faults: string[] = []

for (const file of globSync('packages/*/package.json', { cwd: root })) {
  const manifest = JSON.parse(readFileSync(join(root, file), 'utf8')) as { name: string, version: string, private?: boolean }

  if (manifest.private !== true && manifest.version !== version) {
    faults.push(`${manifest.name} is ${manifest.version}, the tag is ${tag}`)
  }
}

const heading = readFileSync(join(root, 'CHANGELOG.md'), 'utf8').split('\n').find(line => line.split(' ').slice(0, 2).join(' ') === `## ${version}`)

if (heading == null) {
  faults.push(`CHANGELOG.md says nothing of ${version}`)
} else if (heading.includes('unreleased')) {
  faults.push(`CHANGELOG.md: "${heading}" needs the date of the release`)
}

faults.forEach(fault => { console.error(fault) })
process.exitCode = faults.length === 0 ? 0 : 1
