import { normalizeName } from '@nara-stash/crypto'
import { parseListenAddress, parsePeerAddress, parsePeerId } from './addresses.ts'
import {
  InvalidValueError, parseChoice, parseFolder, parseList, parseSize, parseSwitch, parseText, parseTime, parseWhole
} from './values.ts'
import type { Parser } from './values.ts'

const KIB = 1024
const MIB = 1024 * KIB
const DAY = 24 * 60 * 60 * 1_000

/** In place of a folder: what is held for others touches no disk. A folder of this name is `./memory`. */
export const IN_MEMORY = 'memory'

/** One setting of the daemon: everything there is to know about it. */
export interface Setting<T> {
  /** As commander takes it. */
  flag: string
  env: string
  /** For `--help`. */
  about: string
  /** What is allowed, as the end of a sentence that names a value which is not. */
  allowed: string
  /** For `--help`, where the default is not a value of its own. */
  otherwise?: string
  default: T
  parse: Parser<Exclude<T, undefined>>
  /** A path: in the file it is relative to the file's folder. */
  path?: boolean
  /** The one value that is no path though the others are. */
  noPath?: string
}

const parseName: Parser<string> = raw => {
  try {
    return normalizeName(parseText(raw))
  } catch (error) {
    throw new InvalidValueError(error instanceof InvalidValueError ? '' : (error as Error).message)
  }
}

const parseNetwork: Parser<string> = raw => {
  const text = parseText(raw)

  // it becomes part of an mDNS service name, whose labels are bounded by RFC 6763, section 7.2
  if (!/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/i.test(text)) {
    throw new InvalidValueError()
  }

  return text
}

function setting<T> (definition: Setting<T>): Setting<T> {
  return definition
}

/** The settings of `start`. A setting's key is its name in DIR/config.json. */
export const settings = {
  name: setting<string | undefined>({
    flag: '--name <name>',
    env: 'NARA_NAME',
    about: 'the name that the soul is bonded to',
    allowed: '1 to 64 bytes of text without control characters',
    otherwise: 'nara- and 8 hex digits of the public key',
    default: undefined,
    parse: parseName
  }),
  soulFile: setting<string | undefined>({
    flag: '--soul-file <file>',
    env: 'NARA_SOUL_FILE',
    about: 'read the soul, or its 24 words, from a file of mode 0600, or from standard input if it is -',
    allowed: 'the path of a file, or -',
    otherwise: 'NARA_SOUL, then DIR/soul, which is made if it is not there',
    default: undefined,
    parse: parseText,
    path: true,
    noPath: '-'
  }),
  listen: setting<string[] | undefined>({
    flag: '--listen <multiaddr...>',
    env: 'NARA_LISTEN',
    about: 'addresses to listen on',
    allowed: 'a multiaddr such as /ip4/0.0.0.0/tcp/4001; port 0 takes a free one',
    otherwise: 'port 6272 of all interfaces, or another one if that is taken, and the same at each start',
    default: undefined,
    parse: parseList(parseListenAddress)
  }),
  announce: setting<string[]>({
    flag: '--announce <multiaddr...>',
    env: 'NARA_ANNOUNCE',
    about: 'addresses at which this nara can be reached, besides those of its interfaces: a name, or the outside of a router',
    allowed: 'a multiaddr such as /dns4/nara.example.org/tcp/4001',
    default: [],
    parse: parseList(parseListenAddress)
  }),
  bootstrap: setting<string[]>({
    flag: '--bootstrap <multiaddr...>',
    env: 'NARA_BOOTSTRAP',
    about: 'peers through whom the others are met',
    allowed: 'a multiaddr that ends in a peer id, such as /ip4/192.0.2.1/tcp/4001/p2p/12D3KooW...',
    default: [],
    parse: parseList(parsePeerAddress)
  }),
  mdns: setting<boolean>({
    flag: '--no-mdns',
    env: 'NARA_MDNS',
    about: 'do not look for peers on the local network',
    allowed: 'true or false',
    default: true,
    parse: parseSwitch
  }),
  network: setting<string>({
    flag: '--network <name>',
    env: 'NARA_NETWORK',
    about: 'find only naras of this network',
    allowed: '1 to 32 letters, digits and dashes',
    default: 'nara',
    parse: parseNetwork
  }),
  pskFile: setting<string | undefined>({
    flag: '--psk-file <file>',
    env: 'NARA_PSK_FILE',
    about: 'a libp2p private-network key: only who has it can connect',
    allowed: 'the path of a file',
    default: undefined,
    parse: parseText,
    path: true
  }),
  memory: setting<'low' | 'medium' | 'high' | undefined>({
    flag: '--memory <mode>',
    env: 'NARA_MEMORY',
    about: 'hold 5, 20 or 50 stashes for others',
    allowed: 'low, medium or high',
    otherwise: "by the machine's memory",
    default: undefined,
    parse: parseChoice(['low', 'medium', 'high'])
  }),
  maxHeldBytes: setting<number | undefined>({
    flag: '--max-held <bytes>',
    env: 'NARA_MAX_HELD_BYTES',
    about: 'bytes held for others at most, on the disk or in memory',
    allowed: 'a size such as 64MiB, 500k or a number of bytes',
    otherwise: '16, 64 or 256 MiB, by --memory',
    default: undefined,
    parse: parseSize(0, Number.MAX_SAFE_INTEGER)
  }),
  target: setting<number>({
    flag: '--target <n>',
    env: 'NARA_TARGET',
    about: 'copies wanted of the own stash',
    allowed: 'a whole number from 1 to 16',
    default: 3,
    parse: parseWhole(1, 16)
  }),
  minCopies: setting<number | undefined>({
    flag: '--min-copies <n>',
    env: 'NARA_MIN_COPIES',
    about: 'copies that make a write safe',
    allowed: 'a whole number from 1 to the target',
    otherwise: '2, or 1 if the target is 1',
    default: undefined,
    parse: parseWhole(1, 16)
  }),
  countEach: setting<boolean>({
    flag: '--count-each',
    env: 'NARA_COUNT_EACH',
    about: 'count a copy for each confidant, also for those behind one address, which else count as one',
    allowed: 'true or false',
    otherwise: 'off',
    default: false,
    parse: parseSwitch
  }),
  maxStash: setting<number>({
    flag: '--max-stash <bytes>',
    env: 'NARA_MAX_STASH',
    about: 'largest stash, the own one and those held for others',
    allowed: 'a size from 1 byte to 64MiB, such as 1MiB, 500k or a number of bytes',
    otherwise: '1 MiB',
    default: MIB,
    parse: parseSize(1, 64 * MIB)
  }),
  repairDelay: setting<number | undefined>({
    flag: '--repair-delay <time>',
    env: 'NARA_REPAIR_DELAY',
    about: 'how long a confidant may be away before it is replaced while enough copies are left',
    allowed: 'a time with its unit, such as 500ms, 60s or 2m',
    otherwise: '60s, or 2h for one that went with its copy on a disk',
    default: undefined,
    parse: parseTime(0)
  }),
  lease: setting<number>({
    flag: '--lease <time>',
    env: 'NARA_LEASE',
    about: 'how long confidants are asked to keep the own stash without a word from this nara',
    allowed: 'a time from 1d to 400d, such as 30d',
    otherwise: '30d',
    default: 30 * DAY,
    parse: parseTime(DAY, 400 * DAY)
  }),
  maxLease: setting<number>({
    flag: '--max-lease <time>',
    env: 'NARA_MAX_LEASE',
    about: 'how long others are promised at most that their stash is kept without a word from them',
    allowed: 'a time from 1d to 400d, such as 90d',
    otherwise: '400d',
    default: 400 * DAY,
    parse: parseTime(DAY, 400 * DAY)
  }),
  allow: setting<string[] | undefined>({
    flag: '--allow <peer...>',
    env: 'NARA_ALLOW',
    about: 'choose only these peers as confidants, and hold only for these',
    allowed: 'peer ids such as 12D3KooW...',
    otherwise: 'all',
    default: undefined,
    parse: parseList(parsePeerId)
  }),
  deny: setting<string[]>({
    flag: '--deny <peer...>',
    env: 'NARA_DENY',
    about: 'never choose these peers, and hold nothing for them',
    allowed: 'peer ids such as 12D3KooW...',
    default: [],
    parse: parseList(parsePeerId)
  }),
  surrogates: setting<'any' | 'listed' | 'none'>({
    flag: '--surrogates <who>',
    env: 'NARA_SURROGATES',
    about: 'whom confidants may ask to keep a copy while this nara is away: anybody, those that --allow lists, or nobody',
    allowed: 'any, listed or none',
    default: 'any',
    parse: parseChoice(['any', 'listed', 'none'])
  }),
  leaveTimeout: setting<number>({
    flag: '--leave-timeout <time>',
    env: 'NARA_LEAVE_TIMEOUT',
    about: 'how long leaving may take to hand on what is held for others; 0s hands nothing on',
    allowed: 'a time with its unit, such as 0s, 10s or 1m',
    otherwise: '10s',
    default: 10_000,
    parse: parseTime(0)
  }),
  confidants: setting<string[]>({
    flag: '--confidant <peer...>',
    env: 'NARA_CONFIDANTS',
    about: 'pin these peers as confidants',
    allowed: 'peer ids such as 12D3KooW...',
    default: [],
    parse: parseList(parsePeerId)
  }),
  held: setting<string | undefined>({
    flag: '--held <folder>',
    env: 'NARA_HELD',
    about: `keep what is held for others (ciphertext) in this folder, over a restart, or only in ${IN_MEMORY}`,
    allowed: `the path of a folder, or ${IN_MEMORY}`,
    otherwise: 'DIR/held',
    default: undefined,
    parse: raw => raw === IN_MEMORY ? raw : parseFolder(raw),
    path: true,
    noPath: IN_MEMORY
  }),
  keepFree: setting<number | undefined>({
    flag: '--keep-free <bytes>',
    env: 'NARA_KEEP_FREE',
    about: 'leave so much of the disk free: what others bring beyond that is refused',
    allowed: 'a size such as 500MiB, 2G or a number of bytes',
    otherwise: '5 % of the disk, 1 GiB at most',
    default: undefined,
    parse: parseSize(0, Number.MAX_SAFE_INTEGER)
  })
}

export type Settings = { [K in keyof typeof settings]: (typeof settings)[K]['default'] }
export type SettingKey = keyof Settings
