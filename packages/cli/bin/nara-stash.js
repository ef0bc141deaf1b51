#!/usr/bin/env node
import module from 'node:module'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`nara-stash: Node 22.18 or later is needed; this is ${process.version}\n`)
  process.exit(1)
}

// compiled code is kept in the folder for temporary files: from the second start on a third of the time is saved
module.enableCompileCache()
await import('../dist/main.js')
