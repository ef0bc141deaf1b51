import { withExamples, withJson } from '../cli/command.ts'
import { signalCodes } from '../cli/exit-codes.ts'
import type { Bind } from '../cli/command.ts'
import type { Command } from 'commander'

export function configure (command: Command, bind: Bind): void {
  withJson(command, 'print one JSON document at the end')
  command.addHelpText('after', '\nStarts six naras as processes on 127.0.0.1, private by a random key. One stashes a file, ' +
    'is killed with SIGKILL, starts in an empty folder with nothing but its soul, and has its stash back; ' +
    'then a confidant is killed and replaced. Leaves nothing behind.')
  withExamples(command, [
    ['nara-stash demo', 'watch it'],
    ['nara-stash demo --json', 'recovered, both digests and the times']
  ], [0, 1, 2, ...signalCodes])

  bind(command, async (io, { json = false }) => {
    const { runDemo } = await import('../demo/run-demo.ts')

    return await runDemo(io, json)
  })
}
