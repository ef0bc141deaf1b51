import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NewestTable } from '../../src/record/newest-table.ts'
import { supersedesOrIs } from '../../src/record/order.ts'
import { header } from './headers.ts'

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
    const owner = fc.constantFrom('o1', 'o2', 'o3', 'o4', 'o5')
    const boot = fc.constantFrom('a', 'b', 'c')
    const event = fc.oneof(
      fc.record({ type: fc.constant('see' as const), owner, boot, seq: fc.integer({ min: 1, max: 9 }), past: fc.option(boot) }),
      fc.record({ type: fc.constantFrom('pin' as const, 'unpin' as const), owner })
    )

    fc.assert(fc.property(fc.integer({ min: 0, max: 4 }), fc.array(event, { maxLength: 60 }), (maxOwners, events) => {
      const table = new NewestTable({ maxOwners })
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

        for (const owner of pinned) {
          const [was, is] = [before.get(owner), table.get(owner)]
          expect(was == null || (is != null && supersedesOrIs(is, was))).toBe(true)
        }
      }
    }), { numRuns: 1_000 })
  })
})
