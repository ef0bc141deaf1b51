import { withDir, withExamples, withJson } from '../cli/command.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect } from '../client/api-client.ts'
import { confidantsText } from '../client/status-text.ts'
import { stateDir } from '../config/dir.ts'
import { jsonDocument } from '../text/json.ts'
import type { ConfidantsAnswer } from '../api/types.ts'
import type { Bind, CommonOptions } from '../cli/command.ts'
import type { ApiClient } from '../client/api-client.ts'
import type { Command } from 'commander'

interface Verb {
  name: string
  about: string
  takesPeers: boolean
  ask: (daemon: ApiClient, peers: string[]) => Promise<ConfidantsAnswer>
}

const verbs: Verb[] = [
  {
    name: 'set', about: 'replace them all by these, and pin these: they are not replaced when they fail, only helped out', takesPeers: true,
    ask: async (daemon, peers) => await daemon.setConfidants(peers)
  },
  {
    name: 'add', about: 'take these besides, and pin them all', takesPeers: true,
    ask: async (daemon, peers) => await daemon.addConfidants(peers)
  },
  {
    name: 'remove', about: 'do without these, and pin the others; --deny keeps a peer from being chosen again', takesPeers: true,
    ask: async (daemon, peers) => await daemon.removeConfidants(peers)
  },
  {
    name: 'auto', about: 'unpin them, and choose: the one that runs longest, then others at random', takesPeers: false,
    ask: async daemon => await daemon.selectConfidants()
  }
]

export function configure (command: Command, bind: Bind): void {
  withJson(withDir(command)).usage('[options] [set|add|remove|auto] [peer...]')
  bindVerb(command, bind, async daemon => await daemon.confidants())

  for (const { name, about, takesPeers, ask } of verbs) {
    const verb = withJson(withDir(command.command(name).description(about)))

    if (takesPeers) {
      verb.argument('<peer...>', 'peer ids, as nara-stash peers lists them')
    }

    withExamples(verb, [[`nara-stash confidants ${name}${takesPeers ? ' 12D3KooW...' : ''}`, about.split(/[,:;]/)[0] ?? about]],
      takesPeers ? [0, 1, 2, 5] : [0, 1, 2, 3, 5])
    bindVerb(verb, bind, ask)
  }

  withExamples(command, [
    ['nara-stash confidants', 'list them'],
    ['nara-stash confidants add 12D3KooW...', 'pin one more']
  ], [0, 1, 2, 3, 5])
}

function bindVerb (command: Command, bind: Bind, ask: Verb['ask']): void {
  bind(command, async (io, _, ...peers) => {
    // options may stand before the verb as well as after it
    const { dir, json } = command.optsWithGlobals<CommonOptions>()
    const answer = await ask(await connect(stateDir(io, dir)), peers)

    io.out.write(json === true
      ? jsonDocument(answer)
      : answer.confidants.length === 0 ? `no confidants yet; ${answer.target} are wanted\n` : confidantsText(answer.confidants))

    return exitCodes.done
  })
}
