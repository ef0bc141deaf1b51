import { processIo } from './cli/process-io.ts'
import { run } from './cli/program.ts'

const io = processIo()

// libp2p's sockets may keep a process for a second after everything was closed
io.exit(await run(process.argv.slice(2), io))
