// The output of log lines. Nothing waits for the log: lines that cannot be written are counted, and the count is
// written once the output takes lines again.

import { fstatSync, write, writeSync } from 'node:fs'
import { Socket } from 'node:net'

/** Bytes that can wait to be written, some thousand lines. Further lines are lost. */
const MAX_WAITING_BYTES = 1_048_576
/** After a failure, until it is tried again. */
const RETRY_MS = 1_000
/** How long a stop waits for a slow reader. */
const CLOSE_MS = 500
const WARN = 40

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'its disk is full',
  EDQUOT: 'its disk quota is used up',
  EFBIG: 'its file has reached the size limit',
  EPIPE: 'its reader has closed it',
  ECONNRESET: 'its reader has closed it',
  EIO: 'its disk or terminal failed',
}

/** Writes bytes; calls back when some of them are written, or with the error. */
type Write = (bytes: Buffer, done: (error: NodeJS.ErrnoException | null, written: number) => void) => void

/** A stream of lines, as pino takes it. */
export class LogOutput {
  readonly #write: Write
  readonly #now: () => number
  readonly #end: (() => void) | undefined
  #waiting: Buffer[] = []
  #waitingBytes = 0
  #writing = false
  /** Of the line that was being written, something is on the disk. */
  #inLine = false
  #lost = 0
  #reason: string | undefined
  #retry: NodeJS.Timeout | undefined
  #idle: (() => void) | undefined

  /**
   * @param write of the file or pipe
   * @param now milliseconds since the epoch
   * @param end lets go of it, whatever is still being written
   */
  constructor(write: Write, now: () => number, end?: () => void) {
    this.#write = write
    this.#now = now
    this.#end = end
  }

  /** Problems of the log now, for people; empty: there are none. */
  get warnings(): string[] {
    if (this.#lost === 0) return []
    return [
      `the log cannot be written: ${this.#reason}. ${this.#lost} ${this.#lost === 1 ? 'line is' : 'lines are'} lost`,
    ]
  }

  /** @param line with its end */
  write(line: string): void {
    const bytes = Buffer.from(line)
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.#lose(1, 'its reader is too slow')
      return
    }
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    if (this.#retry === undefined) this.#next()
    else this.#loseWaiting()
  }

  /** Writes what waits, for as long as that takes not too long, and lets go of the file or pipe. */
  async close(): Promise<void> {
    if (this.#writing) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, CLOSE_MS)
        this.#idle = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    clearTimeout(this.#retry)
    this.#end?.()
  }

  /** What waits, for a process that ends at once. */
  takeWaiting(): Buffer {
    const bytes = Buffer.concat(this.#waiting)
    this.#waiting = []
    this.#waitingBytes = 0
    return bytes
  }

  #next(): void {
    if (this.#writing) return
    if (this.#waiting.length === 0 && this.#lost === 0) {
      this.#idle?.()
      return
    }
    this.#writing = true
    const notice = this.#notice()
    const lines = this.#waiting
    const bytes = Buffer.concat([notice, ...lines])
    this.#waiting = []
    this.#waitingBytes = bytes.length
    const lost = this.#lost
    this.#writeAll(bytes, (error) => {
      this.#writing = false
      this.#waitingBytes -= bytes.length
      if (error === null) {
        // Those that were lost meanwhile are said the next time.
        this.#lost -= lost
        this.#next()
      } else {
        this.#lose(lines.length, REASONS[error.code ?? ''] ?? error.message)
        this.#loseWaiting()
        this.#tryLater()
        this.#idle?.()
      }
    })
  }

  #writeAll(bytes: Buffer, done: (error: NodeJS.ErrnoException | null) => void): void {
    this.#write(bytes, (error, written) => {
      if (written > 0) this.#inLine = bytes[written - 1] !== 0x0a
      if (error !== null) done(error)
      else if (written === bytes.length) done(null)
      else this.#writeAll(bytes.subarray(written), done)
    })
  }

  /** The line that says how many lines were lost. */
  #notice(): Buffer {
    if (this.#lost === 0) return Buffer.alloc(0)
    const time = new Date(this.#now()).toISOString()
    const notice = { level: WARN, time, lost: this.#lost, reason: this.#reason, msg: 'log lines were lost' }
    return Buffer.from(`${this.#inLine ? '\n' : ''}${JSON.stringify(notice)}\n`)
  }

  #lose(lines: number, reason: string): void {
    this.#lost += lines
    this.#reason = reason
  }

  #loseWaiting(): void {
    if (this.#waiting.length === 0) return
    this.#lost += this.#waiting.length
    this.takeWaiting()
  }

  #tryLater(): void {
    this.#retry = setTimeout(() => {
      this.#retry = undefined
      this.#next()
    }, RETRY_MS).unref()
  }
}

/**
 * Standard output as a log. A pipe is written without blocking: its reader may be slow, or stand still.
 * @param now milliseconds since the epoch
 */
export function standardOutput(now: () => number): LogOutput {
  const fd = 1
  const stats = fstatSync(fd)
  if (stats.isFIFO() || stats.isSocket()) return pipeOutput(fd, now)
  const output = new LogOutput((bytes, done) => write(fd, bytes, done), now)
  if (stats.isFile()) process.once('exit', () => writeRest(fd, output))
  return output
}

function pipeOutput(fd: number, now: () => number): LogOutput {
  const pipe = new Socket({ fd, readable: false, writable: true })
  let broken: NodeJS.ErrnoException | undefined
  pipe.on('error', (error) => {
    broken = error
  })
  pipe.unref()
  return new LogOutput(
    (bytes, done) => {
      if (broken !== undefined) done(broken, 0)
      else pipe.write(bytes, (error) => done(error ?? null, error ? 0 : bytes.length))
    },
    now,
    () => pipe.destroy(),
  )
}

/** A process that ends in the middle says on the disk what it had to say. A disk that is full takes no more. */
function writeRest(fd: number, output: LogOutput): void {
  const rest = output.takeWaiting()
  if (rest.length === 0) return
  try {
    writeSync(fd, rest)
  } catch {
    // The process ends: the failure cannot be reported.
  }
}
