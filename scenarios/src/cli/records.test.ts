import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { renderRecord, renderRecords } from './records.ts'

const rows = [
  { name: 'a "b", c', user: null, more: 1 },
  { name: '=cmd()', user: 'x\u001b[2J\n', more: 2 },
]

it('records read back as JSON and YAML, whole', () => {
  expect(JSON.parse(renderRecords(rows, ['name'], 'json'))).toEqual(rows)
  expect(parse(renderRecords(rows, ['name'], 'yaml'))).toEqual(rows)
})

it('CSV quotes what needs it, and starts no formula', () => {
  expect(renderRecords(rows, ['name', 'user'], 'csv')).toBe('name,user\r\n"a ""b"", c",\r\n\'=cmd(),"x\u001b[2J\n"\r\n')
})

it('what a device calls itself does not move the cursor of a terminal', () => {
  expect(renderRecords(rows, ['name', 'user'], 'table')).toBe('name      user\na "b", c\n=cmd()    x\ufffd[2J\ufffd\n')
  expect(renderRecord(rows[1] ?? {}, 'table')).not.toContain('\u001b')
})
