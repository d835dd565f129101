// The one way out to URLs that callers chose. It resolves names itself, checks every address, dials the very addresses
// it checked, and checks the peer before it sends a byte: a name that resolves differently a moment later changes
// nothing. Guards that sit in a resolver callback never see a literal address, in none of its spellings; this one sees
// every connection.

import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { connect as connectTcp, type LookupFunction, type Socket } from 'node:net'
import { createSecureContext, rootCertificates } from 'node:tls'
import ipaddr from 'ipaddr.js'
import { Agent, buildConnector } from 'undici'
import type { AddressGuard } from './address-guard.js'
import type { Resolve } from './resolver.js'

/** The address is not allowed. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
  constructor() {
    super('the address is not public, and not in the setting `sinks.allow`')
  }
}

/** No connection within the time allowed. */
export class ConnectTimeout extends Error {
  override readonly name = 'ConnectTimeout'
  readonly code = 'CONNECT_TIMEOUT'
}

/** The egress proxy refused the connection. */
export class ProxyRefused extends Error {
  override readonly name = 'ProxyRefused'
}

export interface DiallerOptions {
  readonly guard: AddressGuard
  readonly resolve: Resolve
  /** Milliseconds until a connection must stand: name, TCP, proxy and TLS. */
  readonly connectTimeoutMs: number
  /** Connections to one host and port at once. */
  readonly connectionsPerHost: number
  /** Certificates to trust beside the public ones, PEM. For private deployments and tests. */
  readonly ca?: string
  /**
   * An http or https proxy (with `user:password@` if it requires that) for all connections. It is asked, by
   * CONNECT, for the address that was checked, never for the name.
   */
  readonly proxy?: string
  /** Opens a connection to one of `addresses`. Default: the first one that answers, of either family (RFC 8305). */
  readonly open?: (addresses: readonly string[], port: number) => Socket
}

/** The most addresses of a name that are tried. */
const MAX_ADDRESSES = 8

/** An undici dispatcher that connects to allowed addresses only, and follows no redirects. */
export function guardedAgent(options: DiallerOptions): Agent {
  const { connectTimeoutMs, connectionsPerHost, ca } = options
  let connector: buildConnector.connector | undefined
  const encrypt: buildConnector.connector = (target, callback) => {
    // Made once, when it is first wanted: a context with certificates of its own costs tens of milliseconds.
    connector ??= buildConnector({
      timeout: connectTimeoutMs,
      secureContext: createSecureContext(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
    })
    connector(target, callback)
  }
  const connect = (target: buildConnector.Options, callback: buildConnector.Callback): void => {
    const dialling = new Dialling(target, options, encrypt)
    dialling.done.then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    )
  }
  return new Agent({ connect, connections: connectionsPerHost, pipelining: 1 })
}

/** One connection on its way. */
class Dialling {
  /** Resolves with a socket to which the request can be written. */
  readonly done: Promise<Socket>
  readonly #target: buildConnector.Options
  readonly #options: DiallerOptions
  readonly #encrypt: buildConnector.connector
  #timedOut = false
  /** What to destroy when the time is up. */
  #socket: Socket | undefined

  constructor(target: buildConnector.Options, options: DiallerOptions, encrypt: buildConnector.connector) {
    this.#target = target
    this.#options = options
    this.#encrypt = encrypt
    this.done = this.#dial()
  }

  async #dial(): Promise<Socket> {
    const { connectTimeoutMs } = this.#options
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        this.#timedOut = true
        this.#socket?.destroy()
        reject(new ConnectTimeout(`not connected within ${connectTimeoutMs} ms`))
      }, connectTimeoutMs)
    })
    try {
      return await Promise.race([this.#connect(), timeout])
    } finally {
      clearTimeout(timer)
    }
  }

  async #connect(): Promise<Socket> {
    const { guard, proxy } = this.#options
    const { protocol, port: portText } = this.#target
    const port = Number(portText) || (protocol === 'https:' ? 443 : 80)
    const addresses = await this.#allowedAddresses()
    const socket = proxy === undefined ? await this.#open(addresses, port) : await this.#tunnel(proxy, addresses, port)
    // What the operating system really connected to. Through a proxy that is the proxy, which the operator chose.
    if (proxy === undefined && !(socket.remoteAddress !== undefined && guard.allows(socket.remoteAddress))) {
      socket.destroy()
      throw new AddressRefused()
    }
    socket.setNoDelay(true)
    return protocol === 'https:' ? this.#secured(socket) : socket
  }

  /** No connection is started after the time limit. */
  #hold(socket: Socket): Socket {
    this.#socket = socket
    if (this.#timedOut) socket.destroy()
    return socket
  }

  /** One disallowed address among others is a sign of DNS rebinding: all of them must be allowed. */
  async #allowedAddresses(): Promise<readonly string[]> {
    const { guard, resolve } = this.#options
    const hostname = this.#target.hostname.replace(/^\[|\]$/g, '')
    const addresses = ipaddr.isValid(hostname) ? [hostname] : await resolve(hostname)
    if (addresses.length === 0 || !addresses.every((address) => guard.allows(address))) throw new AddressRefused()
    return addresses.slice(0, MAX_ADDRESSES)
  }

  #open(addresses: readonly string[], port: number): Promise<Socket> {
    const { open = openAny } = this.#options
    return new Promise((resolve, reject) => {
      const socket = this.#hold(open(addresses, port))
      socket.on('error', reject).once('connect', () => resolve(socket))
    })
  }

  /** The addresses one after another, until the proxy reaches one. */
  async #tunnel(proxy: string, addresses: readonly string[], port: number): Promise<Socket> {
    let failure: unknown = new ConnectTimeout('the time limit was reached before the proxy was asked')
    for (const address of addresses) {
      if (this.#timedOut) break
      try {
        return await this.#tunnelTo(proxy, address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  #tunnelTo(proxy: string, authority: string): Promise<Socket> {
    const { protocol, hostname, port, username, password } = new URL(proxy)
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
    const send = protocol === 'https:' ? requestHttps : requestHttp
    return new Promise((resolve, reject) => {
      const request = send({
        method: 'CONNECT',
        host: hostname.replace(/^\[|\]$/g, ''),
        port: port || (protocol === 'https:' ? 443 : 80),
        path: authority,
        headers: {
          host: authority,
          ...(username !== '' && { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
        },
        agent: false,
      })
      request.once('socket', (socket) => this.#hold(socket))
      request.once('error', reject)
      request.once('connect', ({ statusCode }, socket) => {
        if (statusCode === 200) return resolve(socket.on('error', reject))
        socket.destroy()
        reject(new ProxyRefused(`the egress proxy answered ${statusCode}`))
      })
      request.end()
    })
  }

  /** SNI and the name in the certificate are those of the URL, whatever address it has. */
  #secured(socket: Socket): Promise<Socket> {
    return new Promise((resolve, reject) => {
      this.#encrypt({ ...this.#target, httpSocket: socket }, (error, secured) => {
        if (error === null) return resolve(secured)
        socket.destroy()
        reject(error)
      })
    })
  }
}

function openAny(addresses: readonly string[], port: number): Socket {
  const known = addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
  const lookup = ((_hostname, _options, callback) => callback(null, known)) as LookupFunction
  const [first = ''] = addresses
  return addresses.length === 1
    ? connectTcp({ host: first, port })
    : connectTcp({ host: 'checked', port, lookup, autoSelectFamily: true })
}
