// preloaded with --import: a thread that reads files is stuck in a pipe that nobody opens; says so once the program listens to signals
import { open } from 'node:fs/promises'
import { setInterval } from 'node:timers'

void open(process.env.STUCK_PIPE)

const look = setInterval(() => {
  if (process.listenerCount('SIGTERM') > 0) {
    clearInterval(look)
    process.stderr.write('stuck\n')
  }
}, 1)
