// The admin API of a gateway on this machine, through its unix socket.

import { join } from 'node:path'
import { Option } from 'commander'
import { Client } from 'undici'

/** Where to find the admin socket: `--admin-socket`, else in the data folder. */
export const adminOptions = (): Option[] => [
  new Option('--admin-socket <file>', 'unix socket of the admin API').env('RIGHTOFWAY_ADMIN_SOCKET'),
  new Option('--data-dir <folder>', "the gateway's data folder, in which the socket lies")
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
) => Promise<T>

/**
 * Calls the admin API of the gateway that `options` name.
 * @throws {Error} no gateway runs there; or it refused, in its own words
 */
export async function withAdmin<T>(
  { adminSocket, dataDir }: AdminOptions,
  use: (call: AdminCall) => Promise<T>,
): Promise<T> {
  const socketPath = adminSocket ?? join(dataDir, 'admin.sock')
  const client = new Client('http://localhost', { socketPath })
  const call: AdminCall = async (method, path, body) => {
    const { statusCode, body: answer } = await client.request({
      method,
      path: `/admin/v1${path}`,
      ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    const parsed: unknown = text === '' ? undefined : JSON.parse(text)
    if (statusCode >= 400) throw new Error((parsed as { message: string }).message)
    return parsed as never
  }
  try {
    return await use(call)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'ENOENT' && code !== 'ECONNREFUSED' && code !== 'EACCES') throw error
    throw new Error(
      code === 'EACCES'
        ? `${socketPath} may not be opened by this user`
        : `no gateway answers at ${socketPath}: is one running? (--data-dir or --admin-socket say where)`,
      { cause: error },
    )
  } finally {
    await client.close()
  }
}
