import { expect, it } from 'vitest'
import { parsed } from '../adapters/store-common/damaged-row.js'
import { openLog } from './log.js'

const SECRET = '+36721601234567'

/** The line of the log about what `fail` throws. */
function logged(fail: () => unknown): string {
  const lines: string[] = []
  const log = openLog('error', { write: (line) => void lines.push(line) })
  try {
    fail()
  } catch (error) {
    log.error({ err: error }, 'it failed')
  }
  return lines.join('')
}

const failWith =
  (error: Error, members: object = {}) =>
  () => {
    throw Object.assign(error, members)
  }

it.each<[string, () => unknown]>([
  ['JSON, its beginning', () => JSON.parse(`x${SECRET}`) as unknown],
  [
    'JSON, its middle',
    () => JSON.parse(`{"phoneNumber":"${SECRET}" oops, "name":"somebody with a long name"}`) as unknown,
  ],
  ['JSON, its end', () => JSON.parse(`{"phoneNumber":"${SECRET}`) as unknown],
  ['JSON that is short', () => JSON.parse(SECRET.replace('+', '0x')) as unknown],
  ['JSON over lines', () => JSON.parse(`["a"]\n${SECRET}\n`) as unknown],
  ['a URL', () => new URL(`https://user:${SECRET}@[`)],
  ['a row of a store', () => parsed(`{${SECRET}`, 'devices', 'one')],
  [
    'SQL, a value',
    failWith(new Error(`invalid input syntax for type bigint: "${SECRET}"`), { code: '22P02', where: SECRET }),
  ],
  [
    'SQL, a row',
    failWith(new Error('duplicate key value violates unique constraint "devices_phone"'), {
      code: '23505',
      detail: `Key (phone_number)=(${SECRET}) already exists.`,
    }),
  ],
  ['a cause', failWith(new Error('it cannot be read', { cause: caught(() => JSON.parse(`[${SECRET}`)) }))],
  ['one of many', failWith(new AggregateError([caught(() => new URL(`http://${SECRET}@`))], 'all failed'))],
])('quotes nothing that could not be parsed: %s', (_, fail) => {
  const line = logged(fail)
  expect(line).toContain('it failed')
  expect(line).not.toContain(SECRET.slice(1, 9))
})

function caught(fail: () => unknown): unknown {
  try {
    return fail()
  } catch (error) {
    return error
  }
}

it('says what happened, where and why', () => {
  const cause = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })
  const error = Object.assign(new TypeError('fetch failed', { cause }), { code: 'E1', port: 1, body: SECRET })
  const { err } = JSON.parse(logged(failWith(error))) as { err: Record<string, string> }
  expect(err).toMatchObject({
    type: 'TypeError',
    message: 'fetch failed: connect ECONNREFUSED 127.0.0.1:1',
    code: 'E1',
    port: 1,
  })
  expect(err['stack']).toMatch(
    /^TypeError: fetch failed\n {4}at .*\ncaused by: Error: connect ECONNREFUSED .*\n {4}at /s,
  )
  expect(err).not.toHaveProperty('body')
})

it('keeps the place that a parser names', () => {
  expect(logged(() => JSON.parse('{"a":1,}'))).toMatch(/JSON at position 7/)
})

it('ends though an error is its own cause', () => {
  const error = new Error('again')
  error.cause = error
  expect(logged(failWith(error))).toContain('again: again')
})
