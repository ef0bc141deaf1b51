import { expect, it } from 'vitest'
import { doubtText } from '../../src/client/doubt-text.ts'

it('asks nobody to be brought back where the newer version is here', () => {
  const [newer, older] = [{ id: 'ff'.repeat(32), seq: '2', readable: true, holders: ['bo'] }, { id: '00'.repeat(32), seq: '1', readable: true, holders: [] }]

  expect(doubtText({ reason: 'ROLLBACK_SUSPECTED', records: [newer, older] })).not.toContain('bring them back first')
  expect(doubtText({ reason: 'ROLLBACK_SUSPECTED', records: [newer, older] })).toContain('a newer version turned up than the one that is current here\n')
  expect(doubtText({ reason: 'ROLLBACK_SUSPECTED', records: [{ ...newer, readable: false }, older] })).toContain('bring them back first')
})
