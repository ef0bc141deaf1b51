import { realpath, rm } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { fileStore, keepsStashes } from '@nara-stash/node/file-store'
import { InvalidSettingError } from '../cli/errors.ts'
import { IN_MEMORY } from '../config/settings.ts'
import { makeFolder } from '../files/make-folder.ts'
import { isMissing, readSmallFile } from '../files/read-small.ts'
import { writePrivate } from '../files/write-private.ts'
import { printable } from '../text/printable.ts'
import { shellWord } from '../text/shell-word.ts'
import type { FileStashStore } from '@nara-stash/node/file-store'
import type { Config } from '../config/load.ts'

/** The longest path that a system takes. Bytes. */
const MAX_PATH_FILE = 4_096

type HeldConfig = Pick<Config, 'dir'> & Partial<Pick<Config, 'held' | 'keepFree'>>

/** DIR/held-folder: where what is held for others was kept last, if that was not DIR/held. */
function notePath (dir: string): string {
  return join(dir, 'held-folder')
}

/**
 * Where what is held for others is kept; undefined for RAM. It is remembered for the next start, of a folder once that is open and before
 * anything is taken into it.
 *
 * @param say - is told what people should know of it
 * @throws {InvalidSettingError} what is promised to others is kept elsewhere, and would be dropped
 */
export async function heldStore (config: HeldConfig, say: (note: string) => void): Promise<FileStashStore | undefined> {
  const { dir, held = join(dir, 'held'), keepFree } = config
  const last = await lastFolder(dir)

  await checkKept(held, join(dir, 'held'), { stay: 'start without --held' })

  if (last != null) {
    await checkThere(last, held, notePath(dir))
    await checkKept(held, last, { stay: `start with --held ${shellWord(last)}`, note: notePath(dir) })
  }

  if (held === IN_MEMORY) {
    await noteHeldFolder(config, say)

    return
  }

  // that itself is the store's
  await makeFolder(dirname(held))

  const store = fileStore(held, keepFree == null ? {} : { keepFree })
  const open = store.open.bind(store)

  return Object.assign(store, {
    open: async () => {
      await open()
      await noteHeldFolder(config, say)
    }
  })
}

async function noteHeldFolder ({ dir, held }: HeldConfig, say: (note: string) => void): Promise<void> {
  try {
    if (held == null || held === IN_MEMORY || await realPath(held) === await realPath(join(dir, 'held'))) {
      await rm(notePath(dir), { force: true })
    } else if (held !== await lastFolder(dir)) {
      await writePrivate(dir, notePath(dir), `${held}\n`)
    }
  } catch (error) {
    say(`the next start does not know that what is held for others was kept in ${printable(held ?? '')}: ${printable((error as Error).message)}`)
  }
}

async function lastFolder (dir: string): Promise<string | undefined> {
  try {
    const path = (await readSmallFile(notePath(dir), MAX_PATH_FILE)).text.replace(/\n$/, '')

    // damage leads nowhere
    return isAbsolute(path) && !path.includes('\0') ? path : undefined
  } catch (error) {
    if (!isMissing(error)) {
      throw error
    }
  }
}

/** A disk that is not mounted is no reason to forget what is promised. Unless all of it was moved to where it is to be from now on. */
async function checkThere (last: string, held: string, note: string): Promise<void> {
  if (await keepsStashes(last) === undefined && (held === IN_MEMORY || await keepsStashes(held) !== true)) {
    throw new InvalidSettingError(
      `${printable(last)} is not there, and may keep what is promised to others`,
      `is its disk mounted? If it is gone for good: rm ${shellWord(note)}`
    )
  }
}

/**
 * What a folder keeps is promised. Whoever wants it elsewhere moves it there, or gives it up aloud.
 *
 * @param go.stay - how to go on as it was
 * @param go.note - goes with the folder
 */
async function checkKept (held: string, before: string, { stay, note }: { stay: string, note?: string }): Promise<void> {
  const isElsewhere = held === IN_MEMORY || await realPath(held) !== await realPath(before)

  if (isElsewhere && await keepsStashes(before)) {
    const from = shellWord(before)
    const way = held === IN_MEMORY ? `${stay}, and have "nara-stash leave" hand it on` : `${stay}; or move it, to where nothing is yet: mv ${from} ${shellWord(held)}`

    throw new InvalidSettingError(
      `${printable(before)} keeps what is promised to others, and --held ${printable(held)} would drop it`,
      `${way}; or give it up: rm -r ${[before, ...note == null ? [] : [note]].map(shellWord).join(' ')}`
    )
  }
}

/** What is not there yet has no other. */
async function realPath (path: string): Promise<string> {
  return await realpath(path).catch(() => path)
}
