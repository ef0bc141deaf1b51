import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NewestTable } from '../../src/record/newest-table.ts'
import { supersedesOrIs } from '../../src/record/order.ts'
import { header, tombstone } from './headers.ts'

const OWNERS = ['o1', 'o2', 'o3', 'o4', 'o5']

describe('the newest table', () => {
  it('takes the first header of an owner, and one that supersedes it', () => {
    const table = new NewestTable()
    const first = header('owner', 'a', 1)
    const second = header('owner', 'a', 2)

    expect(table.get('owner')).toBeUndefined()
    expect(table.see(first)).toBe('first')
    expect(table.get('owner')).toBe(first)
    expect(table.see(second)).toBe('supersedes')
    expect(table.get('owner')).toBe(second)
    expect(table.size).toBe(1)
  })

  it('keeps what is there against the same, an older and a conflicting one', () => {
    const table = new NewestTable()
    const present = header('owner', 'b', 5, [['a', 4]])
    table.see(present)

    expect(table.see({ ...present })).toBe('same')
    expect(table.see(header('owner', 'a', 4))).toBe('superseded')
    expect(table.see(header('owner', 'c', 9, [['a', 4]]))).toBe('conflict')
    expect(table.get('owner')).toBe(present)
  })

  it('keeps owners apart', () => {
    const table = new NewestTable()
    table.see(header('one', 'a', 1))
    table.see(header('other', 'b', 7))

    expect(table.get('one')?.seq).toBe(1)
    expect(table.get('other')?.seq).toBe(7)
  })

  it('is bounded: a flood of strangers displaces itself, not those met before', () => {
    const table = new NewestTable({ maxOwners: 3 })
    table.see(header('friend', 'a', 1))
    table.see(header('mate', 'a', 1))

    for (let i = 0; i < 100; i++) {
      expect(table.see(header(`stranger ${i}`, 'a', 1))).toBe('first')
      expect(table.get(`stranger ${i}`)).toBeDefined()
      expect(table.size).toBeLessThanOrEqual(3)
    }

    expect(table.get('friend')).toBeDefined()
    expect(table.get('mate')).toBeDefined()
  })

  it('does not take news of an owner for a new meeting', () => {
    const table = new NewestTable({ maxOwners: 2 })
    table.see(header('old', 'a', 1))
    table.see(header('new', 'a', 1))
    table.see(header('old', 'a', 2))
    table.see(header('newest', 'a', 1))

    expect(table.get('old')?.seq).toBe(2)
    expect(table.get('new')).toBeUndefined()
  })

  it('forgets tombstones only when nothing else is left', () => {
    const table = new NewestTable({ maxOwners: 2 })
    table.see(header('living', 'a', 1))
    table.see({ ...header('deleted', 'a', 1), kind: 'tombstone' })
    table.see(header('next', 'a', 1))

    expect(table.get('deleted')).toBeDefined()
    expect(table.get('living')).toBeUndefined()

    const graves = new NewestTable({ maxOwners: 1 })
    graves.see({ ...header('deleted', 'a', 1), kind: 'tombstone' })
    graves.see(header('next', 'a', 1))
    expect(graves.get('next')).toBeDefined()
  })

  it('does not let tombstones take more than their share', () => {
    const table = new NewestTable({ maxOwners: 6, maxTombstones: 2 })
    table.see(header('deleted', 'a', 1))
    table.see(tombstone('deleted', 'a', 2))
    Array.from({ length: 4 }, (_, i) => header(`friend ${i}`, 'a', 1)).forEach(record => { table.see(record) })

    for (let i = 0; i < 50; i++) {
      table.see(tombstone(`stranger ${i}`, 'a', 1))
      expect(table.get(`stranger ${i}`)).toBeDefined()
      expect(table.size).toBeLessThanOrEqual(6)
    }

    expect(['deleted', 'friend 0', 'friend 1', 'friend 2', 'friend 3'].filter(owner => table.get(owner) != null))
      .toStrictEqual(['deleted', 'friend 0', 'friend 1', 'friend 2'])
  })

  it('never forgets a pinned owner, and takes one in beyond the bound', () => {
    const table = new NewestTable({ maxOwners: 2 })
    const held = ['h1', 'h2', 'h3']

    for (const owner of held) {
      table.pin(owner)
      table.see(header(owner, 'a', 1))
    }

    expect(table.see(header('stranger', 'a', 1))).toBe('first')
    expect(table.get('stranger')).toBeUndefined()
    expect(held.map(owner => table.get(owner)?.owner)).toStrictEqual(held)

    table.unpin('h1')
    expect(table.get('h1')).toBeUndefined()
    expect(table.size).toBe(2)

    table.unpin('h2')
    table.see(header('stranger', 'a', 1))
    expect(table.get('stranger')).toBeDefined()
    expect(table.get('h3')).toBeDefined()
  })

  it('holds for any order of events: bounded, pinned ones stay, no entry is ever replaced by one that does not supersede it', () => {
    const owner = fc.constantFrom(...OWNERS)
    const boot = fc.constantFrom('a', 'b', 'c')
    const event = fc.oneof(
      fc.record({ type: fc.constant('see' as const), owner, boot, seq: fc.integer({ min: 1, max: 9 }), past: fc.option(boot) }),
      fc.record({ type: fc.constantFrom('pin' as const, 'unpin' as const), owner })
    )

    fc.assert(fc.property(fc.integer({ min: 0, max: 4 }), fc.array(event, { maxLength: 60 }), (maxOwners, events) => {
      const table = new NewestTable({ maxOwners, maxBeside: 2 })
      const pinned = new Set<string>()

      for (const event of events) {
        const before = new Map([...pinned].map(owner => [owner, table.get(owner)]))

        if (event.type === 'see') {
          const past = event.past == null || event.past === event.boot || event.seq === 1 ? [] : [[event.past, event.seq - 1] as const]
          table.see(header(event.owner, event.boot, event.seq, past))
        } else {
          table[event.type](event.owner)
          pinned[event.type === 'pin' ? 'add' : 'delete'](event.owner)
        }

        expect(table.size).toBeLessThanOrEqual(Math.max(maxOwners, pinned.size))

        for (const owner of OWNERS) {
          const [newest, beside] = [table.get(owner), table.beside(owner)]
          // where an owner is broken, what was in conflict may turn out to be above the newest, never below
          expect(beside == null || (newest != null && !supersedesOrIs(newest, beside))).toBe(true)
        }

        expect(OWNERS.filter(owner => table.beside(owner) != null).length).toBeLessThanOrEqual(2)

        for (const owner of pinned) {
          const [was, is] = [before.get(owner), table.get(owner)]
          expect(was == null || (is != null && supersedesOrIs(is, was))).toBe(true)
        }
      }
    }), { numRuns: 1_000 })
  })
})

describe('what is beside the newest', () => {
  const a1 = header('owner', 'a', 1)
  const a2 = header('owner', 'a', 2)
  const b1 = header('owner', 'b', 1)
  const b2 = header('owner', 'b', 2)
  const c1 = header('owner', 'c', 1)

  it('is a header in conflict with it', () => {
    const table = new NewestTable()
    table.see(a1)
    expect(table.beside('owner')).toBeUndefined()
    table.see(b1)
    expect([table.get('owner'), table.beside('owner')]).toStrictEqual([a1, b1])
  })

  it('is of each branch the newest, as both go on', () => {
    const table = new NewestTable()
    ;[a1, b1, a2, b2, b1, a1].forEach(record => { table.see(record) })

    expect([table.get('owner'), table.beside('owner')]).toStrictEqual([a2, b2])
  })

  it('is the branch that was met first, of several', () => {
    const table = new NewestTable()
    ;[a1, b1, c1].forEach(record => { table.see(record) })

    expect(table.beside('owner')).toBe(b1)
  })

  it.each([
    ['supersedes both', header('owner', 'a', 3, [['b', 1]])],
    ['is the one beside, with the newest in its past', header('owner', 'b', 2, [['a', 1]])],
    ['is a tombstone of both', tombstone('owner', 'a', 3, [['b', 1]])]
  ])('is gone once something is known that %s', (_, record) => {
    const table = new NewestTable()
    ;[a1, b1, record].forEach(seen => { table.see(seen) })

    expect([table.get('owner'), table.beside('owner')]).toStrictEqual([record, undefined])
  })

  it('stays as long as nothing covers it', () => {
    const table = new NewestTable()
    ;[a1, b2, header('owner', 'a', 3, [['b', 1]])].forEach(record => { table.see(record) })

    expect(table.beside('owner')).toBe(b2)
  })

  it('is forgotten with its owner', () => {
    const table = new NewestTable({ maxOwners: 1 })
    ;[a1, b1, header('stranger', 'a', 1), a1].forEach(record => { table.see(record) })

    expect([table.get('owner'), table.beside('owner')]).toStrictEqual([a1, undefined])
  })

  it('is bounded: invented conflicts displace each other, not those of who is held here or was met before', () => {
    const table = new NewestTable({ maxBeside: 3 })
    const inConflict = (owner: string): void => { [header(owner, 'a', 1), header(owner, 'b', 1)].forEach(record => { table.see(record) }) }
    inConflict('friend')

    for (let i = 0; i < 20; i++) {
      inConflict(`stranger ${i}`)
    }

    table.pin('held')
    inConflict('held')

    for (let i = 0; i < 20; i++) {
      inConflict(`other ${i}`)
    }

    const owners = ['friend', 'held', ...Array.from({ length: 20 }, (_, i) => [`stranger ${i}`, `other ${i}`]).flat()]
    expect(owners.filter(owner => table.beside(owner) != null)).toStrictEqual(['friend', 'held', 'other 19'])
  })
})
