/**
 * Holds the documents to the project: every link and anchor leads somewhere, and every command that a document tells to run exists.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run-step.ts'

/** Package managers' own commands; anything else after `pnpm` must be a script of the root. */
const OWN_COMMANDS = new Set(['install', 'add', 'exec', 'publish', 'run', '--filter', 'changeset'])

const documents = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], { cwd: root, encoding: 'utf8' })
  .stdout.split('\n').filter(file => file !== '' && existsSync(join(root, file)))
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
const faults: string[] = []

const links = spawnSync('remark', [...documents, '--use', 'remark-validate-links=repository:false', '--frail', '--quiet', '--no-stdout'], { cwd: root, encoding: 'utf8' })

if (links.status !== 0) {
  faults.push(links.stderr.trim())
}

for (const document of documents) {
  const text = readFileSync(join(root, document), 'utf8')

  for (const [, block = ''] of text.matchAll(/```(?:sh|console)\n([\s\S]*?)```/g)) {
    for (const [, command = ''] of block.matchAll(/^(?:\$ )?pnpm (\S+)/gm)) {
      if (!OWN_COMMANDS.has(command) && scripts[command] == null) {
        faults.push(`${document}: "pnpm ${command}" is no script of package.json`)
      }
    }

    for (const [, file = ''] of block.matchAll(/\bnode ((?:scripts|examples|packages)\/\S+\.[mc]?[jt]s)/g)) {
      if (!existsSync(join(root, file))) {
        faults.push(`${document}: ${file} does not exist`)
      }
    }
  }
}

faults.forEach(fault => { console.error(fault) })
console.log(`${faults.length === 0 ? documents.length : 0} passed, ${faults.length} failed`)
process.exitCode = faults.length === 0 ? 0 : 1
