// A process inside a namespace that sends and measures traffic. Its parent controls it, and it exits with the parent.

import { createSocket, type Socket } from 'node:dgram'
import { connect, createServer, type Server, type Socket as TcpSocket } from 'node:net'
import {
  type AnswerMessage,
  type OrderMessage,
  type ProbeSample,
  type Received,
  SLOT_MS,
  type StationOrders,
} from './orders.js'

const PROBE_MAGIC = 0x52_6f_57_70
const LONGEST_TICK_MS = 3
/** A sender that was not scheduled for longer than this does not catch up. */
const LONGEST_GAP_MS = 50

interface Job {
  stop(): { datagrams: number }
}

const now = (): number => Number(process.hrtime.bigint()) / 1e6

class Counter {
  readonly #since = now()
  readonly #slots: number[] = []
  datagrams = 0

  add(bytes: number): void {
    const slot = Math.floor((now() - this.#since) / SLOT_MS)
    while (this.#slots.length <= slot) this.#slots.push(0)
    this.#slots[slot] = (this.#slots[slot] as number) + bytes
  }

  read(): Received {
    this.add(0)
    return { since: this.#since, bytes: this.#slots, datagrams: this.datagrams }
  }
}

interface Probe extends Job {
  readonly samples: readonly ProbeSample[]
}

const listening = new Map<number, { counter: Counter; udp: Socket; tcp: Server }>()
const jobs = new Map<string, Job>()

const isProbe = (message: Buffer): boolean => message.length >= 16 && message.readUInt32BE(0) === PROBE_MAGIC

async function udpSocket(family: string, localPort?: number, localAddress?: string): Promise<Socket> {
  const socket = createSocket({ type: family.includes(':') ? 'udp6' : 'udp4', sendBufferSize: 4_000_000 })
  // A datagram to an unreachable destination counts as lost.
  socket.on('error', () => undefined)
  await new Promise<void>((resolve) => socket.bind(localPort ?? 0, localAddress, resolve))
  return socket
}

/**
 * Calls `send` `perSecond` times a second, at uneven intervals: synchronised senders would not share a full queue
 * fairly.
 */
function pace(perSecond: number, send: () => void): () => void {
  let last = now()
  let credit = 0
  let timer: NodeJS.Timeout
  const tick = () => {
    const time = now()
    credit += (Math.min(time - last, LONGEST_GAP_MS) / 1000) * perSecond
    last = time
    for (; credit >= 1; credit--) send()
    timer = setTimeout(tick, Math.random() * LONGEST_TICK_MS)
  }
  tick()
  return () => clearTimeout(timer)
}

const orders: { [K in keyof StationOrders]: (order: Parameters<StationOrders[K]>[0]) => unknown } = {
  async listen({ port, address = '::' }) {
    const counter = new Counter()
    const udp = createSocket({ type: address.includes(':') ? 'udp6' : 'udp4', recvBufferSize: 4_000_000 })
    udp.on('message', (message, from) => {
      if (isProbe(message)) udp.send(message, from.port, from.address)
      counter.datagrams++
      counter.add(message.length)
    })
    await new Promise<void>((resolve, reject) => udp.once('error', reject).bind(port, address, resolve))
    const tcp = createServer((socket) => {
      socket.on('data', (data) => counter.add(data.length))
      socket.on('error', () => socket.destroy())
    })
    await new Promise<void>((resolve, reject) => tcp.once('error', reject).listen(port, address, resolve))
    listening.set(port, { counter, udp, tcp })
  },

  received({ port }) {
    const at = listening.get(port)
    if (at === undefined) throw new Error(`nothing listens on port ${port}`)
    return at.counter.read()
  },

  async send({ id, to, port, localPort, localAddress, bitsPerSecond, bytes, ttl }) {
    const [first = ''] = to
    const socket = await udpSocket(first, localPort, localAddress)
    if (ttl !== undefined) socket.setTTL(ttl)
    const payload = Buffer.alloc(bytes)
    let datagrams = 0
    const stopPacing = pace(bitsPerSecond / 8 / bytes, () => {
      socket.send(payload, port, to[datagrams++ % to.length] as string)
    })
    jobs.set(id, {
      stop() {
        stopPacing()
        socket.close()
        return { datagrams }
      },
    })
  },

  push({ id, to, port, localPort, localAddress, streams }) {
    const payload = Buffer.alloc(65_536)
    const sockets = Array.from({ length: streams }, (_, index): TcpSocket => {
      const socket = connect({
        host: to,
        port,
        ...(localAddress !== undefined && { localAddress }),
        ...(localPort !== undefined && { localPort: localPort + index }),
      })
      const fill = () => {
        while (socket.write(payload)) {
          // until its buffer is full
        }
      }
      socket.on('connect', fill).on('drain', fill)
      socket.on('error', () => socket.destroy())
      return socket
    })
    jobs.set(id, {
      stop() {
        for (const socket of sockets) socket.resetAndDestroy()
        return { datagrams: 0 }
      },
    })
  },

  async probe({ id, to, port, localPort, localAddress, intervalMs, bytes }) {
    const socket = await udpSocket(to, localPort, localAddress)
    const samples: { sentAt: number; roundTripMs?: number }[] = []
    socket.on('message', (message) => {
      const sample = isProbe(message) ? samples[message.readUInt32BE(4)] : undefined
      if (sample !== undefined) sample.roundTripMs ??= now() - sample.sentAt
    })
    const stopPacing = pace(1000 / intervalMs, () => {
      const payload = Buffer.alloc(bytes)
      payload.writeUInt32BE(PROBE_MAGIC, 0)
      payload.writeUInt32BE(samples.length, 4)
      samples.push({ sentAt: now() })
      socket.send(payload, port, to)
    })
    const probe: Probe = {
      samples,
      stop() {
        stopPacing()
        socket.close()
        return { datagrams: samples.length }
      },
    }
    jobs.set(id, probe)
  },

  probed({ id }) {
    return (jobs.get(id) as Probe | undefined)?.samples ?? []
  },

  stop({ id }) {
    const job = jobs.get(id)
    if (job === undefined) throw new Error(`there is no ${id} to stop`)
    jobs.delete(id)
    return job.stop()
  },

  async request({ url, method, headers, body }) {
    const answer = await fetch(url, { method, headers, ...(body !== undefined && { body }) })
    return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() }
  },

  async ping({ to, port, localPort, localAddress, bytes = 16, timeoutMs }) {
    const socket = await udpSocket(to, localPort, localAddress)
    try {
      return await new Promise<boolean>((resolve) => {
        const payload = Buffer.alloc(bytes)
        payload.writeUInt32BE(PROBE_MAGIC, 0)
        const timer = setTimeout(resolve, timeoutMs, false)
        socket.once('message', () => {
          clearTimeout(timer)
          resolve(true)
        })
        socket.send(payload, port, to)
      })
    } finally {
      socket.close()
    }
  },
}

process.on('disconnect', () => process.exit(0))
process.on('message', (message: OrderMessage) => {
  const reply = (answer: Omit<AnswerMessage, 'number'>) => process.send?.({ number: message.number, ...answer })
  const carryOut = orders[message.name] as (order: unknown) => unknown
  Promise.resolve()
    .then(() => carryOut(message.order))
    .then((result) => reply({ result }))
    .catch((error: Error) => reply({ error: error.message }))
})
process.send?.({ number: 0 } satisfies AnswerMessage)
