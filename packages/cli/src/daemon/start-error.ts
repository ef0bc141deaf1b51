import { InvalidOptionError } from '@nara-stash/node'
import { HeldFolderError as FolderError } from '@nara-stash/node/file-store'
import { CommandError, InvalidSettingError } from '../cli/errors.ts'
import { printable } from '../text/printable.ts'
import type { Config } from '../config/load.ts'

/** The nara cannot listen where it was told to. */
export class ListenError extends CommandError {
  override name = 'ListenError'
}

/** What is held for others cannot be kept where it was to be. */
export class HeldFolderError extends CommandError {
  override name = 'HeldFolderError'
}

/** What kept a nara from starting, in words that name the setting to change. */
export function startError (error: unknown, { listen }: Pick<Config, 'listen'>): unknown {
  if (error instanceof FolderError) {
    return new HeldFolderError(printable(error.message), { hint: `${printable(error.mend)} (--held)`, cause: error })
  }

  // it says itself what could not be done
  if (error instanceof CommandError) {
    return error
  }

  if (error instanceof InvalidOptionError) {
    return new InvalidSettingError(printable(error.message))
  }

  const reason = listenReason(error)

  return reason == null
    ? error
    : new ListenError(`cannot listen${listen == null ? '' : ` on ${printable(listen.join(', '))}`}: ${reason}`, {
      hint: 'choose another --listen address; port 0 takes a free one', cause: error
    })
}

function listenReason (error: unknown): string | undefined {
  const { name = '', message = '', code = '', address, cause, errors = [] } = error as {
    name?: string, message?: string, code?: string, address?: string, cause?: unknown, errors?: unknown[]
  }

  if (code === 'EADDRINUSE' || message.includes('EADDRINUSE')) {
    return 'the port is taken'
  }

  if (code === 'EACCES' || message.includes('EACCES')) {
    return 'this user may not use that port'
  }

  if (code === 'EADDRNOTAVAIL' || message.includes('EADDRNOTAVAIL')) {
    return `this machine has no ${address == null ? 'such address' : `address ${address}`}`
  }

  if (code === 'EINVAL' || message.includes('EINVAL')) {
    return `${address ?? 'it'} may be the address of several interfaces; /ip6/:: is all of them`
  }

  for (const inner of [cause, ...errors]) {
    const reason = inner == null ? undefined : listenReason(inner)

    if (reason != null) {
      return reason
    }
  }

  return name === 'UnsupportedListenAddressesError' ? printable(message) : undefined
}
