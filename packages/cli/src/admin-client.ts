// The admin API of a gateway on this machine, through its unix socket.

import { join } from 'node:path'
import { Command, Option } from 'commander'
import { Client } from 'undici'
import { CliError, EXIT, type ExitCode } from './exit-codes.js'

/** A command that calls the admin API: of `--admin-socket`, else of the one in the data folder. */
export function adminCommand(name: string): Command {
  const command = new Command(name)
  for (const option of adminOptions()) command.addOption(option)
  return command
}

const adminOptions = (): Option[] => [
  new Option('--admin-socket <file>', 'unix socket of the admin API').env('RIGHTOFWAY_ADMIN_SOCKET'),
  new Option('--data-dir <folder>', 'data folder of the gateway, which contains the socket')
    .env('RIGHTOFWAY_DATA_DIR')
    .default('./rightofway-data'),
]

export interface AdminOptions {
  readonly adminSocket?: string
  readonly dataDir: string
}

export type AdminCall = <T>(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
  headers?: Readonly<Record<string, string>>,
) => Promise<T>

const BY_STATUS: Readonly<Record<number, ExitCode>> = { 404: EXIT.notFound, 409: EXIT.conflict }

/** The socket of the gateway that `options` name. */
export const socketOf = ({ adminSocket, dataDir }: AdminOptions): string => adminSocket ?? join(dataDir, 'admin.sock')

/** Error codes of a connection without a gateway. EINVAL: the path is longer than the kernel allows. */
const NOBODY_THERE: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ENOTSOCK', 'EINVAL', 'ECONNREFUSED', 'EACCES'])

/**
 * Calls the admin API of the gateway that `options` name.
 * @throws {CliError} no gateway is running there; or it refused, with its message
 */
export async function withAdmin<T>(options: AdminOptions, use: (call: AdminCall) => Promise<T>): Promise<T> {
  const socketPath = socketOf(options)
  const client = new Client('http://localhost', { socketPath })
  const call: AdminCall = async (method, path, body, headers) => {
    const { statusCode, body: answer } = await client.request({
      method,
      path: `/admin/v1${path}`,
      headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    const parsed: unknown = text === '' ? undefined : JSON.parse(text)
    if (statusCode >= 400) {
      throw new CliError((parsed as { message: string }).message, BY_STATUS[statusCode] ?? EXIT.failed)
    }
    return parsed as never
  }
  try {
    return await use(call)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === undefined || !NOBODY_THERE.has(code)) throw error
    throw new CliError(
      code === 'EACCES'
        ? `this user has no permission to open ${socketPath}`
        : `no gateway answers at ${socketPath}: start one, or give its --data-dir or --admin-socket`,
      code === 'EACCES' ? EXIT.denied : EXIT.unreachable,
      { cause: error },
    )
  } finally {
    await client.close()
  }
}

/**
 * All that the admin API lists at a path, page by page.
 * @param nameOf what the next page comes after
 */
export async function listAll<T>(call: AdminCall, path: string, nameOf: (item: T) => string): Promise<T[]> {
  const all: T[] = []
  for (;;) {
    const last = all.at(-1)
    const page = await call<T[]>('GET', last === undefined ? path : `${path}?after=${encodeURIComponent(nameOf(last))}`)
    if (page.length === 0) return all
    all.push(...page)
  }
}
