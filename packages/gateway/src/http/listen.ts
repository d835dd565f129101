// Opening a port or a socket, and saying in words what is in the way.

import type { FastifyInstance } from 'fastify'
import { checkSocketPath } from './socket-path.js'

/**
 * Listens for applications.
 * @param port 0: any that is free
 * @returns the base URL
 * @throws {Error} naming the address and, where it is a setting, what to set instead
 */
export async function listenAtPort(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    return await app.listen({ host, port })
  } catch (error) {
    throw new Error(portTrouble(error as NodeJS.ErrnoException, host, port), { cause: error })
  }
}

/** Why a port cannot be listened at, for a person. */
export function portTrouble({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return (
        `port ${port} of ${host} is taken: another program listens there. Stop that one, or set listen.port to another ` +
        'port, or to 0 for any that is free.'
      )
    case 'EACCES':
      return (
        `port ${port} of ${host} is not for this user: set listen.port to one above 1023, or give the process ` +
        'CAP_NET_BIND_SERVICE.'
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `listen.host is ${host}, which is no address of this machine (${code}).`
    default:
      return `port ${port} of ${host} cannot be opened: ${message}`
  }
}

/**
 * Listens for operators.
 * @throws {Error} naming the path and the setting
 */
export async function listenAtSocket(app: FastifyInstance, path: string): Promise<void> {
  checkSocketPath(path)
  try {
    await app.listen({ path })
  } catch (error) {
    throw new Error(
      `the admin socket ${path} cannot be made: ${(error as Error).message}. Its folder must be there and writable for ` +
        'the user that the gateway runs as, or admin.socket be another path.',
      { cause: error },
    )
  }
}
