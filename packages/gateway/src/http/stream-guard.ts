// Ends streams whose caller has lost access, or whose reader does not read.

import type { Socket } from 'node:net'
import { QodError } from '@rightofway/camara'

/** Interval of checks (milliseconds). */
const LOOK_MS = 2_000
/** A reader that reads nothing for so long, while data waits for it, is disconnected (milliseconds). */
const STALLED_MS = 30_000

export interface GuardedStream {
  readonly socket: Socket
  /** Rejects with `UNAUTHENTICATED` when the caller may no longer read. Absent: the caller may always read. */
  readonly recheck: (() => unknown) | undefined
  /** Ends the answer. */
  end(): void
}

/** Checks a stream at intervals. @returns the function that stops it */
export function guardStream({ socket, recheck, end }: GuardedStream): () => void {
  let taken = takenBy(socket)
  let stalledMs = 0
  const look = async () => {
    const now = takenBy(socket)
    stalledMs = socket.writableLength > 0 && now === taken ? stalledMs + LOOK_MS : 0
    taken = now
    if (stalledMs >= STALLED_MS) return socket.destroy()
    if (recheck === undefined) return
    try {
      await recheck()
    } catch (error) {
      // A check that fails is repeated.
      if (!(error instanceof QodError) || error.status >= 500) return
      end()
      // A reader that does not read would not see the end.
      if (socket.writableLength > 0) socket.destroy()
    }
  }
  const timer = setInterval(() => {
    look().catch(() => socket.destroy())
  }, LOOK_MS).unref()
  return () => clearInterval(timer)
}

/** Bytes that the kernel has accepted. */
const takenBy = ({ bytesWritten, writableLength }: Socket): number => bytesWritten - writableLength
