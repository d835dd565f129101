// The listener for messages of networks. It verifies a path by its MAC, stores the message, and answers; the gateway
// that drives the network reads it from the store, whichever gateway received it.

import { once } from 'node:events'
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2, createSecureServer } from 'node:http2'
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net'
import type { NetworkId } from '@rightofway/camara'
import { familyOf, type Prefix, parsePrefix, prefixTest } from '../../domain/address.js'
import type { RemoteReservationStore } from '../../ports/store/remote-reservations.js'
import { Trouble, type TroubleLog } from '../../ports/trouble.js'
import type { Addressed, CallbackUrls } from './callback-urls.js'

export interface CallbackListenerOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  /** PEM. Absent: plain HTTP/1.1, and HTTP/2 with prior knowledge (h2c). */
  readonly tls?: CallbackTls
  /** Allowed senders. Absent: everybody who has the URL. */
  readonly allow?: readonly Prefix[]
  readonly urls: CallbackUrls
  readonly records: Pick<RemoteReservationStore, 'addCallback'>
  /** The networks whose messages are accepted, and whether they send a token too. */
  readonly networks: ReadonlyMap<NetworkId, { readonly token: boolean }>
  readonly log: TroubleLog
  /** Called with the outcome of each message. */
  readonly onMessage?: (result: MessageResult) => void
}

export interface CallbackTls {
  readonly cert: string
  readonly key: string
  /** The CA of the networks' certificates. Absent: they need none. */
  readonly clientCa?: string
}

/** forged: no network can have sent it. malformed: a network has sent it, and it cannot be parsed. */
export type MessageResult = 'kept' | 'forged' | 'malformed' | 'failed'

export interface CallbackListener {
  readonly port: number
  close(): Promise<void>
}

const MAX_BODY_BYTES = 65_536
const MAX_CONNECTIONS = 1_000
/** The time that a connection has to send a request. */
const REQUEST_MS = 10_000
/** When a connection without a request is closed. */
const IDLE_MS = 120_000
/** The connection preface of HTTP/2 with prior knowledge (RFC 9113 section 3.4). */
const PREFACE = Buffer.from('PRI')

/** @throws {Error} the listener cannot be opened: the message says why */
export async function listenForCallbacks(options: CallbackListenerOptions): Promise<CallbackListener> {
  const trouble = {
    forged: new Trouble(options.log, {
      broken: 'a message that no network can have sent came to the listener of callbacks: it was refused',
      mended: 'no more messages are refused',
      mendedBySilence: true,
    }),
    failed: new Trouble(options.log, {
      broken: 'a message of a network could not be kept: it was asked to send it again',
      mended: 'messages of networks are kept again',
      mendedBySilence: true,
    }),
  }
  const allowed = options.allow && prefixTest(options.allow)
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const done = (status: number, result: MessageResult, why?: unknown) => {
      if (result === 'forged' || result === 'failed') trouble[result].failed(why, {}, 'warn')
      options.onMessage?.(result)
      if (!response.headersSent) response.writeHead(status).end()
    }
    receive(options, allowed, request)
      .then(({ status, result, why }) => done(status, result, why))
      .catch((error: unknown) => done(503, 'failed', error))
  }
  const { server, sockets } = serverOf(options.tls, answer)
  server.maxConnections = MAX_CONNECTIONS
  server.listen(options.port, options.host)
  try {
    await once(server, 'listening')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new Error(
      `callbacks.listen: port ${options.port} of ${options.host} cannot be opened: ${code ?? message}. Set ` +
        'callbacks.listen.host and callbacks.listen.port to an address and a port that are free.',
      { cause: error },
    )
  }
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      server.close()
      for (const socket of sockets) socket.destroy()
      if (server.listening) await once(server, 'close')
      for (const each of Object.values(trouble)) each.close()
    },
  }
}

interface Received {
  readonly status: number
  readonly result: MessageResult
  readonly why?: string
}

async function receive(
  { urls, networks, records }: CallbackListenerOptions,
  allowed: ((address: Prefix) => boolean) | undefined,
  request: IncomingMessage,
): Promise<Received> {
  const forged = (status: number, why: string): Received => ({ status, result: 'forged', why })
  const { remoteAddress = '' } = request.socket
  if (allowed && !allowed(parsePrefix(remoteAddress, familyOf(remoteAddress), 'the address of the sender'))) {
    return forged(403, 'its sender is not in callbacks.allow')
  }
  const [path = ''] = (request.url ?? '').split('?')
  const about = urls.parse(path)
  const network = about && networks.get(about.network)
  if (about === undefined || network === undefined) return forged(404, 'its path was given to no network')
  if (network.token && !hasToken(request, urls, about)) return forged(401, 'it came without the token of its path')
  if (request.method !== 'POST') return { status: 405, result: 'malformed' }
  const body = await textOf(request)
  if (body === undefined) return { status: 413, result: 'malformed' }
  if (!isJson(body)) return { status: 400, result: 'malformed' }
  const { suffix, attempt, reservation } = about
  await records.addCallback({ network: about.network, reservation, attempt, suffix, body })
  return { status: 204, result: 'kept' }
}

function hasToken({ headers }: IncomingMessage, urls: CallbackUrls, about: Addressed): boolean {
  const [, token = ''] = /^Bearer +([\x21-\x7e]+)$/i.exec(headers.authorization ?? '') ?? []
  return urls.isToken(token, about)
}

/** @returns undefined if it is too long */
async function textOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void

function serverOf(tls: CallbackTls | undefined, answer: Answer): { server: Server; sockets: Set<Socket> } {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // An error of a connection ends only that connection.
    socket.on('error', () => socket.destroy())
  }
  if (tls !== undefined) {
    const { cert, key, clientCa } = tls
    const client = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true }
    const server = createSecureServer({ cert, key, ...client, allowHTTP1: true })
    server.on('request', answer as never)
    server.on('secureConnection', keep)
    server.setTimeout(IDLE_MS)
    return { server, sockets }
  }
  const http = createHttp({ requestTimeout: REQUEST_MS, keepAliveTimeout: IDLE_MS }, answer)
  const http2 = createHttp2().on('request', answer as never)
  http2.setTimeout(IDLE_MS)
  const server = createTcp((socket) => {
    keep(socket)
    socket.setTimeout(REQUEST_MS, () => socket.destroy())
    let first = Buffer.alloc(0)
    const listen = (chunk: Buffer) => {
      first = Buffer.concat([first, chunk])
      const isHttp2 = first.subarray(0, PREFACE.length).equals(PREFACE.subarray(0, first.length))
      // POST begins like the preface.
      if (isHttp2 && first.length < PREFACE.length) return
      socket.off('data', listen)
      socket.setTimeout(0)
      socket.pause()
      socket.unshift(first)
      const kind = isHttp2 ? http2 : http
      kind.emit('connection', socket)
      if (!isHttp2) socket.resume()
    }
    socket.on('data', listen)
  })
  return { server, sockets }
}
