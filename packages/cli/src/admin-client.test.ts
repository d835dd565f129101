import { expect, it } from 'vitest'
import { type AdminCall, listAll } from './admin-client.js'

it('a list of the admin API is read page by page, to its end', async () => {
  const names = ['a', 'b/c', 'd', 'e', 'f']
  const asked: string[] = []
  const call = (async (_method: string, path: string) => {
    asked.push(path)
    const after = new URL(path, 'http://localhost').searchParams.get('after')
    return names
      .slice(names.indexOf(after ?? '') + 1)
      .slice(0, 2)
      .map((name) => ({ name }))
  }) as AdminCall
  expect(await listAll<{ name: string }>(call, '/list', ({ name }) => name)).toEqual(names.map((name) => ({ name })))
  expect(asked).toEqual(['/list', '/list?after=b%2Fc', '/list?after=e', '/list?after=f'])
})
