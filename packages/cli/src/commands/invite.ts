import { withDir, withExamples, withJson } from '../cli/command.ts'
import { flagValue } from '../cli/arguments.ts'
import { CommandError, UsageError } from '../cli/errors.ts'
import { exitCodes } from '../cli/exit-codes.ts'
import { connect } from '../client/api-client.ts'
import { parseListenAddress } from '../config/addresses.ts'
import { stateDir } from '../config/dir.ts'
import { parseList } from '../config/values.ts'
import { networkKeyBytes, readNetworkKey } from '../daemon/network-key.ts'
import { writePrivate } from '../files/write-private.ts'
import { formatInvitation } from '../invite/invitation.ts'
import { addressesToShare, reachOf } from '../invite/reachable.ts'
import { jsonDocument } from '../text/json.ts'
import { printable } from '../text/printable.ts'
import type { DaemonStatus } from '../api/types.ts'
import type { Bind, CommonOptions } from '../cli/command.ts'
import type { Io } from '../cli/io.ts'
import type { Invitation } from '../invite/invitation.ts'
import type { Command } from 'commander'

interface InviteOptions extends CommonOptions {
  address?: string[]
  output?: string
  qr: boolean
}

export function configure (command: Command, bind: Bind): void {
  command
    .option('--address <multiaddr...>', 'reach this nara there, besides where it listens: a name, or the outside of a router')
    .option('-o, --output <file>', 'write it to a file of mode 0600')
    .option('--no-qr', 'no QR code')
  withJson(withDir(command))
  command.addHelpText('after', '\nOne word that holds the addresses of the running daemon, the name of its network, and its private-network key if it has one: who has ' +
    'it can join. Hand it on as you would a key. On a terminal a QR code of it follows.')
  withExamples(command, [
    ['nara-stash invite', 'on a terminal: the word, and a QR code'],
    ['nara-stash invite -o friend.invite', 'into a private file'],
    ['nara-stash invite --address /dns4/nara.example.org/tcp/4001', 'a daemon behind a router'],
    ['nara-stash invite | ssh friend nara-stash join -', 'straight to another machine']
  ], [0, 1, 2, 5])

  bind<InviteOptions>(command, async (io, { dir, address, output, qr, json }) => {
    const extra = address == null ? [] : flagValue('--address', address, parseList(parseListenAddress), 'a multiaddr such as /dns4/nara.example.org/tcp/4001')
    const status = await (await connect(stateDir(io, dir))).status()

    extra.forEach(address => { checkOwn(address, status.peerId) })

    const invitation = await invitationOf(status, extra)
    const text = formatInvitation(invitation)
    const file = output == null || output === '-' ? undefined : await writePrivate(io.cwd, output, text + '\n')

    if (json === true) {
      const { key, ...open } = invitation

      io.out.write(jsonDocument({ ...(file == null ? { invitation: text } : { file }), ...open, hasKey: key != null }))
    } else if (file == null) {
      io.out.write(`${text}\n${qr ? await code(io, text) : ''}`)
    } else {
      io.out.write(`the invitation is in ${printable(file)}\n`)
    }

    warnings(invitation, status).forEach(warning => { io.err.write(`nara-stash: ${warning}\n`) })

    return exitCodes.done
  })
}

/** @throws {UsageError} the address is another peer's: who joins would look for that one */
function checkOwn (address: string, peerId: string): void {
  const named = /\/p2p\/([^/]+)$/.exec(address)?.[1]

  if (named != null && named !== peerId) {
    throw new UsageError(`--address ${printable(address)} is another peer's; this daemon is ${peerId}`, 'leave /p2p/ and what follows away')
  }
}

async function invitationOf (status: DaemonStatus, extra: readonly string[]): Promise<Invitation> {
  const { network, pskFile, peerId } = status
  const own = `/p2p/${peerId}`
  const addresses = addressesToShare([...extra.map(address => address.endsWith(own) ? address : address + own), ...status.addresses])

  if (addresses.length === 0) {
    throw new CommandError('the daemon listens nowhere', { hint: 'start it with a --listen address, or tell where it can be reached: --address' })
  }

  return { network, addresses, ...(pskFile == null ? {} : { key: networkKeyBytes(await readNetworkKey(pskFile)) }) }
}

async function code (io: Io, text: string): Promise<string> {
  const { stream } = io.out

  if (stream.isTTY !== true || (io.env.NO_COLOR ?? '') !== '' || io.env.TERM === 'dumb') {
    return ''
  }

  const { qrCode } = await import('../invite/qr-code.ts')

  // capitals make a smaller code (ISO/IEC 18004, "Alphanumeric mode"), and whoever reads it takes them
  return qrCode(text.toUpperCase(), stream.columns ?? 80) ?? 'The terminal is too narrow for its QR code.\n'
}

function warnings ({ key, addresses }: Invitation, { listen }: DaemonStatus): string[] {
  const reach = addresses.map(reachOf)

  return [
    key == null
      ? 'it holds no key, as the network has none: whoever can reach these addresses can join'
      : 'it holds the private-network key: who has it can join the network. Hand it on in private',
    reach.every(who => who === 'machine') ? 'its addresses can be reached from this machine only; tell another with --address' : '',
    reach.every(who => who !== 'anybody') && reach.includes('local') ? 'its addresses can be reached from the local network only; tell another with --address' : '',
    listen.every(address => /\/tcp\/0(?:\/|$)/.test(address)) ? 'the daemon takes another port at each start; an invitation that lasts wants a fixed one: leave --listen away, or give it a port' : ''
  ].filter(warning => warning !== '')
}
