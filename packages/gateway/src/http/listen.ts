// Opens a port or a socket, with errors that name the reason.

import { once } from 'node:events'
import { existsSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { checkSocketPath } from './socket-path.js'

/**
 * Listens for applications.
 * @param port 0: any free port
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

/** The reason why a port cannot be opened, for a person. */
export function portTrouble({ code, message }: NodeJS.ErrnoException, host: string, port: number): string {
  switch (code) {
    case 'EADDRINUSE':
      return (
        `port ${port} of ${host} is in use by another program. Stop that program, or set listen.port to another ` +
        'port, or to 0 for any free port.'
      )
    case 'EACCES':
      return (
        `port ${port} of ${host} needs a permission that this user does not have: set listen.port to a port ` +
        'above 1023, or give the process CAP_NET_BIND_SERVICE.'
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `listen.host is ${host}, which is not an address of this machine (${code}).`
    default:
      return `port ${port} of ${host} cannot be opened: ${message}`
  }
}

/**
 * Listens for operators. A socket that a dead gateway left at the path is removed; nothing else is.
 * @throws {Error} naming the path and the setting
 */
export async function listenAtSocket(app: FastifyInstance, path: string): Promise<void> {
  checkSocketPath(path)
  await removeLeftSocket(path)
  try {
    await app.listen({ path })
  } catch (error) {
    throw new Error(
      `the admin socket ${path} cannot be created: ${(error as Error).message}. Its folder must exist and be ` +
        'writable for the user of the gateway; otherwise set admin.socket to another path.',
      { cause: error },
    )
  }
}

/**
 * Removes a socket without a listener.
 * @throws {Error} a process listens there, or the check failed
 */
async function removeLeftSocket(path: string): Promise<void> {
  if (!existsSync(path)) return
  const refuse = (why: string) =>
    new Error(
      `the admin socket ${path} cannot be created: ${why}. Nothing was changed. Set admin.socket to another path.`,
    )
  const connection = connect(path)
  try {
    await once(connection, 'connect')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // A process that has just ended may have removed its socket itself.
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return rmSync(path, { force: true })
    throw refuse(`it is unknown whether a gateway listens there (${code})`)
  } finally {
    connection.destroy()
  }
  throw refuse('another process listens there, such as a second gateway')
}
