import { createSoul, formatSoul } from '@nara-stash/crypto'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Soul } from '@nara-stash/crypto'

/** A file of this mode, whatever the umask. */
export async function writeModed (path: string, text: string, mode: number): Promise<string> {
  await writeFile(path, text)
  await chmod(path, mode)

  return path
}

/** A fresh soul in a file of mode 0600. */
export async function soulIn (dir: string, { name, mode = 0o600 }: { name?: string, mode?: number } = {}): Promise<{ soul: Soul, path: string }> {
  const soul = createSoul(name == null ? {} : { name })

  return { soul, path: await writeModed(join(dir, 'a.soul'), formatSoul(soul) + '\n', mode) }
}
