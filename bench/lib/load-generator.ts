// A load generator as a process of its own: raw sockets, one request at a time on each, bytes made beforehand. A client
// library would spend more on a request than the servers it is to measure.
//
// Told what to do by its parent (`LoadOrder`), it answers with a `LoadReport`. A second message, of any kind, ends the
// measurement at once.

import { connect, type Socket } from 'node:net'
import { addressOf } from './sessions.js'

export interface LoadOrder {
  readonly port: number
  /** Ports to spread the connections over, instead of `port`. */
  readonly ports?: readonly number[]
  readonly connections: number
  readonly warmupMs: number
  readonly measureMs: number
  readonly method: string
  /** A `#` in it is replaced by a number that no other request of this run has. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** As `path`; `#4` becomes an IPv4 address in 10.0.0.0/8 that no other request of this run has. */
  readonly body?: string
  /** Bodies to take in turn, instead of `body`. */
  readonly bodies?: readonly string[]
  /** Paths to take in turn, instead of `path`. */
  readonly paths?: readonly string[]
  readonly firstNumber?: number
  /** How many numbers there are, from the first on: then they begin again. Default: no end of them. */
  readonly numbers?: number
  /** It is over when all numbers have been used. */
  readonly once?: boolean
  /** A member of the answers, a text, to bring home all values of. */
  readonly keep?: string
  /** Requests a second in all, at even distances. Default: as many as are answered. */
  readonly perSecond?: number
}

export interface LoadReport {
  /** Requests answered 2xx per second. */
  readonly perSecond: number
  readonly answered: number
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number }
  /** Body of one answer. */
  readonly sample: string
  readonly lastNumber: number
  /** What was to be kept, warm-up included. */
  readonly kept: readonly string[]
}

process.once('message', (order: LoadOrder) => {
  run(order).catch((error: unknown) => {
    process.stderr.write(`${String(error)}\n`)
    process.exit(1)
  })
})

async function run(order: LoadOrder): Promise<void> {
  const { method, path, headers, paths, bodies, connections, port, warmupMs, measureMs, firstNumber = 1 } = order
  const { ports = [port], numbers = Number.POSITIVE_INFINITY, once = false } = order
  const member = order.keep === undefined ? undefined : new RegExp(`"${order.keep}":"([^"]*)"`)
  /** Between two requests of one connection. */
  const pauseMs = order.perSecond === undefined ? 0 : (connections * 1000) / order.perSecond
  const head = Object.entries({ host: `127.0.0.1:${port}`, connection: 'keep-alive', ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')
  let number = firstNumber
  const isLeft = () => !once || number < firstNumber + numbers
  const next = (): string => {
    const n = firstNumber + ((number++ - firstNumber) % numbers)
    const target = paths === undefined ? path.replace('#', String(n)) : (paths[n % paths.length] as string)
    const body = bodies === undefined ? order.body : (bodies[n % bodies.length] as string)
    if (body === undefined) return `${method} ${target} HTTP/1.1\r\n${head}\r\n`
    const text = body.replaceAll('#4', addressOf(n)).replaceAll('#', String(n))
    return `${method} ${target} HTTP/1.1\r\n${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`
  }

  const statuses: Record<string, number> = {}
  const latencies: number[] = []
  const kept: string[] = []
  let sample = ''
  let measuring = false
  let running = true
  const idle: Promise<void>[] = []
  for (let i = 0; i < connections; i++) {
    idle.push(
      new Promise((resolve, reject) => {
        const socket: Socket = connect(ports[i % ports.length] as number, '127.0.0.1')
        socket.setNoDelay(true)
        let received = ''
        let began = 0
        const send = () => {
          if (!running || !isLeft()) {
            socket.destroy()
            resolve()
            return
          }
          began = performance.now()
          socket.write(next())
        }
        let due = performance.now() + (pauseMs * i) / connections
        const sendWhenDue = () => {
          if (pauseMs === 0) return send()
          setTimeout(send, Math.max(0, due - performance.now()))
          due += pauseMs
        }
        socket.on('connect', sendWhenDue).on('error', reject)
        socket.on('data', (chunk) => {
          received += chunk.toString('latin1')
          const end = received.indexOf('\r\n\r\n')
          if (end < 0) return
          const length = Number(/content-length: (\d+)/i.exec(received.slice(0, end))?.[1] ?? 0)
          if (received.length < end + 4 + length) return
          if (measuring) {
            const status = received.slice(9, 12)
            statuses[status] = (statuses[status] ?? 0) + 1
            latencies.push(performance.now() - began)
            if (sample === '') sample = received.slice(end + 4)
          }
          const found = member?.exec(received)?.[1]
          if (found !== undefined) kept.push(found)
          received = ''
          sendWhenDue()
        })
      }),
    )
  }
  const stopped = new Promise((resolve) => process.once('message', resolve))
  await delay(warmupMs)
  measuring = true
  const began = performance.now()
  await Promise.race([delay(measureMs), Promise.all(idle), stopped])
  measuring = false
  const elapsedMs = performance.now() - began
  running = false
  await Promise.all(idle)
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
  const good = Object.entries(statuses).reduce((sum, [status, count]) => sum + (status.startsWith('2') ? count : 0), 0)
  const report: LoadReport = {
    perSecond: (good * 1000) / elapsedMs,
    answered: latencies.length,
    statuses,
    latencyMs: { p50: at(0.5), p99: at(0.99), max: at(1) },
    sample,
    lastNumber: number,
    kept,
  }
  process.send?.(report, () => process.exit(0))
}

const delay = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
