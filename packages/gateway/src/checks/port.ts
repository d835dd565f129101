import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Config } from '../config/schema.js'
import { portTrouble } from '../http/listen.js'
import { type Finding, ok } from './finding.js'

/** Whether the port can be listened on. @throws {Error} it cannot */
export async function checkPort({ host, port }: Config['listen']): Promise<Finding> {
  const server = createServer()
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    throw new Error(portTrouble(error as NodeJS.ErrnoException, host, port), { cause: error })
  }
  server.close()
  return ok('port', `${host}:${port} is free`)
}
