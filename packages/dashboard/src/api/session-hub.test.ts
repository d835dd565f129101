import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { SessionHub, type Tab, type ToTab } from './session-hub.js'
import type { StreamMessage } from './session-table.js'
import type { AdminSession } from './types.js'

/** A stream that the test answers on. */
class FakeSource {
  onopen: () => void = () => undefined
  onerror: () => void = () => undefined
  closed = false
  readonly #listeners = new Map<string, (event: { data: string }) => void>()

  addEventListener(name: string, listener: (event: { data: string }) => void): void {
    this.#listeners.set(name, listener)
  }

  close(): void {
    this.closed = true
  }

  say(name: string, message: Partial<StreamMessage>): void {
    this.#listeners.get(name)?.({ data: JSON.stringify({ now: '2026-06-01T12:00:00Z', ...message }) })
  }

  begin(...ids: string[]): void {
    this.onopen()
    this.say('sessions', { sessions: ids.map((sessionId) => ({ sessionId }) as AdminSession), complete: true })
  }
}

class FakeTab implements Tab {
  readonly told: ToTab[] = []
  postMessage(told: ToTab): void {
    this.told.push(told)
  }
  kinds(): string[] {
    return this.told.splice(0).map(({ kind }) => kind)
  }
}

let sources: FakeSource[]
let signedIn: () => Promise<boolean>
let hub: SessionHub

const last = (): FakeSource => sources.at(-1) as FakeSource
const join = (user = 'user-1'): FakeTab => {
  const tab = new FakeTab()
  hub.take(tab, { kind: 'join', user, adminApi: '/admin/v1' })
  return tab
}
/** Seconds until there is another stream. */
async function secondsToNext(): Promise<number> {
  const had = sources.length
  for (let waited = 1; waited < 1_000; waited++) {
    await vi.advanceTimersByTimeAsync(1_000)
    if (sources.length > had) return waited
  }
  throw new Error('no other stream came')
}

beforeEach(() => {
  vi.useFakeTimers()
  sources = []
  signedIn = async () => true
  hub = new SessionHub(() => ({
    open: () => {
      sources.push(new FakeSource())
      return last() as unknown as EventSource
    },
    signedIn: () => signedIn(),
  }))
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the stream of sessions', () => {
  it('is one for all tabs, and who comes later is told what there is', () => {
    const first = join()
    last().begin('a', 'b')
    const second = join()
    expect(sources).toHaveLength(1)
    expect(second.told).toMatchObject([
      { kind: 'begin' },
      { kind: 'message', message: { sessions: [{ sessionId: 'b' }, { sessionId: 'a' }], complete: true } },
    ])
    last().say('change', { gone: ['a'] })
    for (const tab of [first, second]) expect(tab.told.at(-1)).toMatchObject({ message: { gone: ['a'] } })
  })

  it('is opened anew after an answer that is none, which closes an EventSource for good', async () => {
    const tab = join()
    last().begin('a')
    last().onerror()
    expect(last().closed).toBe(true)
    expect(tab.kinds()).toEqual(['begin', 'message', 'lost'])
    expect(await secondsToNext()).toBe(1)
    last().begin('b')
    expect(tab.kinds()).toEqual(['begin', 'message'])
  })

  it('is asked for again as long as the gateway is away', async () => {
    join()
    last().begin('a')
    signedIn = () => Promise.reject(new Error('502'))
    last().onerror()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(sources).toHaveLength(1)
    signedIn = async () => true
    expect(await secondsToNext()).toBeLessThanOrEqual(30)
  })

  it('becomes rarer while a proxy cuts it, and is as quick as before once something new came through', async () => {
    join()
    const pauses: number[] = []
    for (let cut = 0; cut < 8; cut++) {
      last().begin('a')
      last().onerror()
      pauses.push(await secondsToNext())
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30, 30])
    last().begin('a')
    last().say('change', { gone: ['a'] })
    last().onerror()
    expect(await secondsToNext()).toBe(1)
  })

  it('becomes rarer while a proxy cuts it after a few seconds, and not while it lasts', async () => {
    join()
    const lasting = async (seconds: number) => {
      last().begin('a')
      for (let passed = 5; passed <= seconds; passed += 5) {
        await vi.advanceTimersByTimeAsync(5_000)
        last().say('time', {})
      }
      last().onerror()
      return secondsToNext()
    }
    expect(await lasting(10)).toBe(1)
    expect(await lasting(10)).toBe(2)
    expect(await lasting(10)).toBe(4)
    expect(await lasting(60)).toBe(1)
  })

  it('is taken for dead when it says nothing, begun or not', async () => {
    join()
    expect(await secondsToNext()).toBe(21)
    last().begin('a')
    await vi.advanceTimersByTimeAsync(15_000)
    last().say('time', {})
    await vi.advanceTimersByTimeAsync(15_000)
    expect(sources).toHaveLength(2)
    expect(await secondsToNext()).toBe(7)
  })

  it('is given up while nobody looks, and opened anew when somebody does', async () => {
    const tab = join()
    last().begin('a')
    hub.pause()
    expect(last().closed).toBe(true)
    expect(tab.kinds()).toEqual(['begin', 'message', 'lost'])
    await vi.advanceTimersByTimeAsync(600_000)
    expect(sources).toHaveLength(1)
    hub.resume()
    hub.resume()
    expect(sources).toHaveLength(2)
    last().begin('b')
    expect(tab.kinds()).toEqual(['begin', 'message'])
  })

  it('is not opened by a tab that nobody has looked at yet, nor for nobody', () => {
    hub.pause()
    join()
    hub.resume()
    expect(sources).toHaveLength(1)
    hub.take(new FakeTab(), { kind: 'leave' })
    hub.pause()
    hub.resume()
    expect(sources).toHaveLength(1)
  })

  it('ends for all tabs where nobody is signed in any more', async () => {
    const tabs = [join(), join()]
    last().begin('a')
    signedIn = async () => false
    last().onerror()
    await vi.advanceTimersByTimeAsync(600_000)
    for (const tab of tabs) expect(tab.told.at(-1)).toEqual({ kind: 'signed out' })
    expect(sources).toHaveLength(1)
  })

  it('shows nothing of one user to the next', () => {
    const before = join('user-1')
    last().begin('a')
    const after = join('user-2')
    expect(sources[0]?.closed).toBe(true)
    expect(before.told.at(-1)).toEqual({ kind: 'signed out' })
    expect(after.told).toEqual([])
    last().begin('b')
    expect(after.told.at(-1)).toMatchObject({ message: { sessions: [{ sessionId: 'b' }] } })
  })

  it('ends with a sign-out in any tab', async () => {
    const [one, other] = [join(), join()]
    last().begin('a')
    hub.take(one, { kind: 'leave' })
    expect(other.told.at(-1)).toEqual({ kind: 'signed out' })
    expect(last().closed).toBe(true)
    await vi.advanceTimersByTimeAsync(600_000)
    expect(sources).toHaveLength(1)
  })
})
