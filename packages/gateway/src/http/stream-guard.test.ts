import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { QodError } from '@rightofway/camara'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { guardStream } from './stream-guard.js'

const undo: (() => unknown)[] = []
afterEach(() => {
  vi.useRealTimers()
  for (const step of undo.splice(0)) step()
})

/** Both ends of a connection without a reader. */
async function connection(): Promise<{ ours: Socket; theirs: Socket }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepted = once(server, 'connection') as Promise<[Socket]>
  const theirs = connect((server.address() as AddressInfo).port, '127.0.0.1')
  theirs.on('error', () => undefined)
  const [ours] = await accepted
  undo.push(
    () => theirs.destroy(),
    () => ours.destroy(),
    () => server.close(),
  )
  return { ours, theirs }
}

/** Fakes intervals, but not the timers of sockets. */
const holdTime = () => vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })

describe('a stream', () => {
  it('is closed when its reader reads nothing for half a minute', async () => {
    const { ours } = await connection()
    holdTime()
    guardStream({ socket: ours, recheck: undefined, end: () => undefined })
    // More than the kernel buffers for both.
    ours.write(Buffer.alloc(32 * 1_048_576))
    await vi.advanceTimersByTimeAsync(26_000)
    expect(ours.destroyed).toBe(false)
    await vi.advanceTimersByTimeAsync(10_000)
    expect(ours.destroyed).toBe(true)
  })

  it('is not closed while no data waits for its reader', async () => {
    const { ours, theirs } = await connection()
    theirs.resume()
    holdTime()
    guardStream({ socket: ours, recheck: undefined, end: () => undefined })
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(ours.destroyed).toBe(false)
  })

  it('ends when its caller loses access, and continues while the check fails', async () => {
    const { ours } = await connection()
    holdTime()
    const end = vi.fn()
    let answer: () => unknown = () => ({})
    guardStream({ socket: ours, recheck: async () => answer(), end })
    await vi.advanceTimersByTimeAsync(60_000)
    answer = () => {
      throw new QodError('UNAVAILABLE')
    }
    await vi.advanceTimersByTimeAsync(60_000)
    expect(end).not.toHaveBeenCalled()
    answer = () => {
      throw new QodError('UNAUTHENTICATED')
    }
    await vi.advanceTimersByTimeAsync(5_000)
    expect(end).toHaveBeenCalled()
  })
})
