import { defaultName, formatSoul, naraId, peerIdString, publicKeyOf, soulToWords } from '@nara-stash/crypto'
import { printable } from '../text/printable.ts'
import { table } from '../text/table.ts'
import type { Soul } from '@nara-stash/crypto'

/** What anybody may know of a soul. */
export function publicIdentity (soul: Soul): { name: string, naraId: string, peerId: string, publicKey: string } {
  const publicKey = publicKeyOf(soul)

  return { name: soul.name, naraId: naraId(soul), peerId: peerIdString(publicKey), publicKey: Buffer.from(publicKey).toString('hex') }
}

/** What nobody may know. */
export function secretIdentity (soul: Soul): { soul: string, words: string } {
  return { soul: formatSoul(soul), words: soulToWords(soul) }
}

/** Whether neither the words nor the key tell the name: who brings the soul back has to know it. */
export function isNamed (soul: Soul): boolean {
  return soul.name !== defaultName(publicKeyOf(soul))
}

export function identityText (soul: Soul): string {
  const { name, naraId, peerId, publicKey } = publicIdentity(soul)

  return table([['name', printable(name)], ['peer id', peerId], ['nara id', naraId], ['public key', publicKey]])
}
