import { withDir, withExamples, withJson } from '../cli/command.ts'
import { UsageError } from '../cli/errors.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect } from '../client/api-client.ts'
import { confidantsText } from '../client/status-text.ts'
import { parsePeerId } from '../config/addresses.ts'
import { stateDir } from '../config/dir.ts'
import { InvalidValueError } from '../config/values.ts'
import { jsonDocument } from '../text/json.ts'
import { quoted } from '../text/printable.ts'
import { count } from '../text/units.ts'
import type { ConfidantsAnswer } from '../api/types.ts'
import type { Bind, CommonOptions } from '../cli/command.ts'
import type { ApiClient } from '../client/api-client.ts'
import type { Command } from 'commander'

interface Verb {
  name: string
  about: string
  takesPeers: boolean
  ask: (daemon: ApiClient, peers: string[]) => Promise<ConfidantsAnswer>
  /** What follows of what was asked, for people. */
  note?: (free: number, answer: ConfidantsAnswer, peers: string[]) => string
}

const verbs: Verb[] = [
  {
    name: 'set', about: 'replace them all by these, and pin these: they are not replaced when they fail, only helped out', takesPeers: true,
    ask: async (daemon, peers) => await daemon.setConfidants(peers),
    note: (free, { target }, { length }) => `${places(free, target)}: ${free === 1 ? 'it is filled with another peer' : 'they are filled with other peers'}; ` +
      `${length === 1 ? 'this one stays' : `these ${length} stay`}\n`
  },
  {
    name: 'add', about: 'take these besides, and pin them all', takesPeers: true,
    ask: async (daemon, peers) => await daemon.addConfidants(peers)
  },
  {
    name: 'remove', about: 'do without these, and pin the others; --deny keeps a peer from being chosen again', takesPeers: true,
    ask: async (daemon, peers) => await daemon.removeConfidants(peers),
    note: (free, { target }, peers) => `${places(free, target)} and ${free === 1 ? 'is' : 'are'} filled again, it may be by the same ${peers.length === 1 ? 'peer' : 'peers'}; ` +
      `to keep ${peers.length === 1 ? 'it' : 'them'} out: nara-stash start --deny ${peers.join(' ')}\n`
  },
  {
    name: 'auto', about: 'unpin them, and choose: the one that runs longest, then others at random', takesPeers: false,
    ask: async daemon => await daemon.selectConfidants()
  }
]

export function configure (command: Command, bind: Bind): void {
  withJson(withDir(command)).usage('[options] [set|add|remove|auto] [peer...]')
  bindVerb(command, bind, async daemon => await daemon.confidants())

  for (const { name, about, takesPeers, ask, note } of verbs) {
    const verb = withJson(withDir(command.command(name).description(about)))

    if (takesPeers) {
      verb.argument('<peer...>', 'peer ids, as nara-stash peers lists them')
    }

    withExamples(verb, [[`nara-stash confidants ${name}${takesPeers ? ' 12D3KooW...' : ''}`, about.split(/[,:;]/)[0] ?? about]],
      takesPeers ? [0, 1, 2, 5] : [0, 1, 2, 3, 5])
    bindVerb(verb, bind, ask, note)
  }

  withExamples(command, [
    ['nara-stash confidants', 'list them'],
    ['nara-stash confidants add 12D3KooW...', 'pin one more']
  ], [0, 1, 2, 3, 5])
}

function bindVerb (command: Command, bind: Bind, ask: Verb['ask'], note?: Verb['note']): void {
  bind(command, async (io, _, ...given) => {
    const peers = given.map(checkedPeer)
    // options may stand before the verb as well as after it
    const { dir, json } = command.optsWithGlobals<CommonOptions>()
    const answer = await ask(await connect(stateDir(io, dir)), peers)

    io.out.write(json === true ? jsonDocument(answer) : answerText(answer) + noteText(answer, peers, note))

    return exitCodes.done
  })
}

function answerText ({ confidants, target }: ConfidantsAnswer): string {
  return confidants.length === 0 ? `no confidants yet; ${target} are wanted\n` : confidantsText(confidants)
}

function noteText (answer: ConfidantsAnswer, peers: string[], note: Verb['note']): string {
  const free = answer.target - answer.confidants.length

  return note == null || free <= 0 ? '' : `\n${note(free, answer, peers)}`
}

function places (free: number, target: number): string {
  return `${count(free, 'place')} of ${target} ${free === 1 ? 'is' : 'are'} free`
}

/** @throws {UsageError} it is no peer id */
function checkedPeer (given: string): string {
  try {
    return parsePeerId(given)
  } catch (error) {
    throw error instanceof InvalidValueError ? new UsageError(`${quoted(given)} is no peer id`, 'peer ids are listed by: nara-stash peers') : error
  }
}
