// The one way out to URLs that callers chose. It resolves names itself, checks every address, and dials the very address
// it checked: a name that resolves differently a moment later changes nothing. Guards that sit in a resolver callback
// never see a literal address, in none of its spellings; this one sees every connection.

import { lookup } from 'node:dns/promises'
import type { Socket } from 'node:net'
import ipaddr from 'ipaddr.js'
import { Agent, buildConnector } from 'undici'
import type { AddressGuard } from './address-guard.js'

/** The address is none that may be dialled. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}

export interface DiallerOptions {
  readonly guard: AddressGuard
  /** Milliseconds until a connection must stand. */
  readonly connectTimeoutMs: number
  /** Addresses of a host name. Default: the system's resolver. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>
  /** Certificates to trust beside the system's, PEM. For private deployments and tests. */
  readonly ca?: string
}

const systemResolve = async (hostname: string) => (await lookup(hostname, { all: true })).map(({ address }) => address)

/** An undici dispatcher that connects to allowed addresses only. */
export function guardedAgent({ guard, connectTimeoutMs, resolve = systemResolve, ca }: DiallerOptions): Agent {
  const connect = buildConnector({ timeout: connectTimeoutMs, ...(ca !== undefined && { ca }) })
  return new Agent({
    connect: (options, callback) => {
      const hostname = options.hostname.replace(/^\[|\]$/g, '')
      checkedAddress(hostname, guard, resolve).then(
        (address) =>
          connect(
            { ...options, hostname: address, servername: options.servername || (isLiteral(hostname) ? '' : hostname) },
            (error, socket) => {
              if (error !== null) return callback(error, null)
              const refusal = checkPeer(socket, guard)
              if (refusal === undefined) return callback(null, socket)
              socket.destroy()
              callback(refusal, null)
            },
          ),
        (error: unknown) => callback(error as Error, null),
      )
    },
  })
}

const isLiteral = (hostname: string): boolean => ipaddr.isValid(hostname)

async function checkedAddress(
  hostname: string,
  guard: AddressGuard,
  resolve: (hostname: string) => Promise<readonly string[]>,
): Promise<string> {
  const addresses = isLiteral(hostname) ? [hostname] : await resolve(hostname)
  const [first] = addresses
  // One bad address among good ones is how a name is made to change its mind: all have to be good.
  if (first === undefined || !addresses.every((address) => guard.allows(address))) throw refused()
  return first
}

/** What the operating system really connected to. */
function checkPeer(socket: Socket, guard: AddressGuard): Error | undefined {
  return socket.remoteAddress !== undefined && guard.allows(socket.remoteAddress) ? undefined : refused()
}

const refused = () =>
  new AddressRefused('the address is not public, and not among those that the setting `sinks.allow` names')
