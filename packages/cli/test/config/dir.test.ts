import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { stateDir } from '../../src/config/dir.ts'

describe('the folder', () => {
  it('is --dir, then NARA_DIR, then below XDG_STATE_HOME, then below the home folder', () => {
    const env = { NARA_DIR: '/from/env', XDG_STATE_HOME: '/state' }

    expect(stateDir({ env, cwd: '/here' }, 'flag')).toBe('/here/flag')
    expect(stateDir({ env, cwd: '/here' })).toBe('/from/env')
    expect(stateDir({ env: { XDG_STATE_HOME: '/state' }, cwd: '/here' })).toBe('/state/nara-stash')
    expect(stateDir({ env: { XDG_STATE_HOME: 'relative' }, cwd: '/here' })).toBe(join(homedir(), '.local/state/nara-stash'))
  })

  it('is below HOME, and below no path that is none', () => {
    expect(stateDir({ env: { HOME: '/home/ann' }, cwd: '/here' })).toBe('/home/ann/.local/state/nara-stash')
    expect(stateDir({ env: { HOME: '' }, cwd: '/here' })).toBe(join(userInfo().homedir, '.local/state/nara-stash'))
    expect(() => stateDir({ env: { HOME: 'home/ann' }, cwd: '/here' })).toThrow('HOME is "home/ann", which is no absolute path')
    expect(() => stateDir({ env: { HOME: 'home/ann\u0007' }, cwd: '/here' })).toThrow('\\u{7}"')
    expect(stateDir({ env: { HOME: 'home/ann', XDG_STATE_HOME: '/state' }, cwd: '/here' })).toBe('/state/nara-stash')
    expect(stateDir({ env: { HOME: 'home/ann' }, cwd: '/here' }, 'flag')).toBe('/here/flag')
  })

  it('is not nothing', () => {
    expect(() => stateDir({ env: {}, cwd: '/' }, '')).toThrow('--dir is empty')
  })
})
