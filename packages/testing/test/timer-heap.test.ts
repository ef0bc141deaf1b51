import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TimerHeap } from '../src/timer-heap.ts'
import type { HeapTimer } from '../src/timer-heap.ts'

const step = fc.oneof(
  fc.record({ type: fc.constant('add' as const), due: fc.integer({ min: 0, max: 20 }) }),
  fc.record({ type: fc.constant('cancel' as const), which: fc.nat() }),
  fc.record({ type: fc.constant('take' as const) })
)

describe('TimerHeap', () => {
  it('behaves like a sorted list, whatever is added, cancelled and taken', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const heap = new TimerHeap()
      const handles: HeapTimer[] = []
      let model: Array<{ due: number, n: number }> = []
      let taken: number | undefined

      for (const step of steps) {
        const next = (): { due: number, n: number } | undefined => model.toSorted((a, b) => a.due - b.due || a.n - b.n)[0]

        if (step.type === 'add') {
          const n = handles.length
          handles.push(heap.add(step.due, () => { taken = n }))
          model.push({ due: step.due, n })
        } else if (step.type === 'cancel' && handles.length > 0) {
          const n = step.which % handles.length
          heap.cancel(handles[n] as HeapTimer)
          model = model.filter(timer => timer.n !== n)
        } else if (step.type === 'take') {
          const first = next()
          taken = undefined
          heap.take()?.()
          expect(taken).toBe(first?.n)
          model = model.filter(timer => timer !== first)
        }

        expect(heap.size).toBe(model.length)
        expect(heap.nextDue()).toBe(next()?.due ?? Infinity)
      }
    }))
  })

  it('keeps order and count when it sweeps out thousands of cancelled timers', () => {
    const heap = new TimerHeap()
    const ran: number[] = []
    const handles = Array.from({ length: 5_000 }, (_, i) => heap.add((i * 7_919) % 5_000, () => { ran.push((i * 7_919) % 5_000) }))

    handles.filter((_, i) => i % 5 !== 0).forEach(timer => { heap.cancel(timer) })
    expect(heap.size).toBe(1_000)

    for (let callback = heap.take(); callback !== undefined; callback = heap.take()) {
      callback()
    }

    expect(ran).toHaveLength(1_000)
    expect(ran).toEqual(ran.toSorted((a, b) => a - b))
  })
})
