#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// compiled code is kept in the folder for temporary files: the second start of a process takes a third less time
enableCompileCache()
await import('../dist/main.js')
