import { describe, expect, it } from 'vitest'
import { allPages } from './pages.js'

const KEPT = ['a', 'b', 'c', 'd', 'e']

async function pagesOf(limit: number) {
  const asked: (string | undefined)[] = []
  const read = async (after: string | undefined, most: number) => {
    asked.push(after)
    return KEPT.filter((each) => after === undefined || each > after).slice(0, most)
  }
  const given: string[] = []
  for await (const each of allPages(read, (item) => item, limit)) given.push(each)
  return { given, asked }
}

describe('pages of a store', () => {
  it('are read one after the other until one is not full', async () => {
    expect(await pagesOf(2)).toEqual({ given: KEPT, asked: [undefined, 'b', 'd'] })
    expect(await pagesOf(5)).toEqual({ given: KEPT, asked: [undefined, 'e'] })
    expect(await pagesOf(6)).toEqual({ given: KEPT, asked: [undefined] })
  })
})
