import type { QodError } from '@rightofway/camara'
import { describe, expect, it } from 'vitest'
import type { UserId } from '../../domain/user.js'
import type { UserStore } from '../../ports/store/users.js'
import { KnownBrowsers } from './known-browsers.js'
import { Users } from './users.js'

const ADDRESS = '192.0.2.1'

function begin() {
  const time = { now: 0 }
  const secrets = { pseudonym: (...text: string[]) => text.join('-').padEnd(43, 'x').slice(-43), problem: undefined }
  const browsers = new KnownBrowsers(secrets)
  const users = new Users({
    users: {} as UserStore,
    browsers,
    realNow: () => time.now,
    monotonicNow: () => time.now,
    signInMs: 1_000,
  })
  const tries = (mark?: string, address = ADDRESS): number => {
    try {
      users.checkRate(address, mark)
      return 0
    } catch (error) {
      return (error as QodError).retryAfterSeconds ?? Number.NaN
    }
  }
  return { time, browsers, tries }
}

describe('requests to sign in', () => {
  it('of one address are read 200 times in ten seconds, and no more until they are over', () => {
    const { time, tries } = begin()
    expect(Array.from({ length: 200 }, () => tries())).toEqual(Array<number>(200).fill(0))
    expect(tries()).toBe(10)
    expect(tries(undefined, '192.0.2.2')).toBe(0)
    time.now = 9_000
    expect(tries()).toBe(1)
    time.now = 10_000
    expect(tries()).toBe(0)
  })

  it('of a known browser are read whatever others send from its address, those of a forged one are not', () => {
    const { browsers, tries } = begin()
    const mark = browsers.mark('user-a' as UserId) as string
    for (let n = 0; n < 200; n++) tries()
    expect(tries(mark)).toBe(0)
    for (const forged of [mark.replace('user-a', 'user-b'), `${mark}x`, mark.slice(0, -1), 'x', '']) {
      expect(tries(forged)).toBe(10)
    }
  })
})
