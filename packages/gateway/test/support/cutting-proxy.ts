// A TCP proxy on loopback that can be told to cut what goes through it, at a chosen moment.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** `request`: what was sent never arrives. `answer`: it arrives, and the answer to it does not. */
export type CutAt = 'request' | 'answer'

export interface CuttingProxy {
  readonly port: number
  /** Cuts every connection there is. New ones are taken. */
  cut(): void
  /** Cuts every connection, and takes no new ones until {@link mend}. */
  close(): void
  mend(): void
  /** Nothing goes through any more, and nobody is told, until {@link mend}. */
  stall(): void
  /** Cuts the next connection that something with this text in it is sent over. Resolves when that has happened. */
  cutOn(text: string, at: CutAt): Promise<void>
  /** Stops it for good. */
  end(): Promise<void>
}

interface Trap {
  readonly text: Buffer
  readonly at: CutAt
  sprung(): void
}

export async function startCuttingProxy(target: { port: number; host?: string }): Promise<CuttingProxy> {
  const { port: targetPort, host = '127.0.0.1' } = target
  const pairs = new Set<readonly [Socket, Socket]>()
  let open = true
  let stalled = false
  let trap: Trap | undefined

  const server = createServer((client) => {
    if (!open) return void client.destroy()
    const upstream = connect(targetPort, host)
    const pair = [client, upstream] as const
    let answerIsAwaited = false
    const destroy = () => {
      client.destroy()
      upstream.destroy()
      pairs.delete(pair)
    }
    const spring = () => {
      const { sprung } = trap as Trap
      trap = undefined
      destroy()
      sprung()
    }
    pairs.add(pair)
    for (const socket of pair) {
      socket.setNoDelay(true)
      socket.on('error', destroy).on('close', destroy)
    }
    client.on('data', (data) => {
      if (trap?.text !== undefined && data.includes(trap.text)) {
        if (trap.at === 'request') return spring()
        answerIsAwaited = true
      }
      if (!stalled) upstream.write(data)
    })
    upstream.on('data', (data) => {
      if (answerIsAwaited) return spring()
      if (!stalled) client.write(data)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const [client, upstream] of pairs) {
      client.destroy()
      upstream.destroy()
    }
    pairs.clear()
  }
  return {
    port: (server.address() as AddressInfo).port,
    cut,
    close() {
      open = false
      cut()
    },
    mend() {
      open = true
      // What was swallowed is missing: such a connection is of no more use.
      if (stalled) cut()
      stalled = false
    },
    stall() {
      stalled = true
    },
    cutOn: (text, at) =>
      new Promise((sprung) => {
        trap = { text: Buffer.from(text), at, sprung }
      }),
    async end() {
      open = false
      cut()
      server.close()
      await once(server, 'close')
    },
  }
}
