import { expect, it } from 'vitest'
import { openDatabase } from './database.ts'
import { directoryChanges, NOTE, noteChange } from './directory-changes.ts'

it('notes a change without looking through those before, and knows which one made a thing', async () => {
  const database = openDatabase(':memory:')
  const plan = database.all(`EXPLAIN QUERY PLAN ${NOTE}`).map(({ detail }) => String(detail))
  expect(plan.filter((step) => step.startsWith('SCAN'))).toEqual([])
  expect(plan).toContainEqual(expect.stringMatching(/^SEARCH directory_change USING COVERING INDEX/))
  noteChange(database, 'user', 'a')
  noteChange(database, 'user', 'a')
  noteChange(database, 'group', 'a', true)
  noteChange(database, 'user', 'a', true)
  noteChange(database, 'user', 'a')
  expect(await directoryChanges(database).since(0, ['user', 'group'], 9)).toEqual([
    { sequence: 3, createdSequence: 3, kind: 'group', id: 'a', deleted: true },
    { sequence: 5, createdSequence: 5, kind: 'user', id: 'a', deleted: false },
  ])
  database.close()
})
