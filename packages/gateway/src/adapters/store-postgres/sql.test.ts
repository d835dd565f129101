import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { sql } from './sql.js'

const HERE = new URL('./', import.meta.url)
const FILES = readdirSync(new URL('sql/', HERE), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.sql'))
  .map((file) => file.replace(/\.sql$/, ''))

describe('a file of SQL', () => {
  it('is read with its constants replaced', () => {
    expect(sql('users/find', { USER: 'u.id' })).toBe('SELECT u.id FROM users u WHERE u.id = $1')
  })

  it('is refused if a constant is missing', () => {
    expect(() => sql('users/find')).toThrow('sql/users/find.sql: there is no constant USER')
  })

  it('is used', () => {
    const sources = readdirSync(HERE)
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
      .map((file) => readFileSync(new URL(file, HERE), 'utf8'))
      .join()
    expect(FILES.filter((file) => !sources.includes(`sql('${file}'`))).toEqual([])
    expect(FILES.length).toBeGreaterThan(100)
  })
})
