import { existsSync } from 'node:fs'
import {
  type Config,
  examine,
  type Finding,
  type Installation,
  ok,
  problem,
  WHILE_STOPPED,
  warning,
} from '@rightofway/gateway'
import { socketOf, withAdmin } from '../admin-client.js'
import { CliError, EXIT } from '../exit-codes.js'

const SOCKET = 'admin socket'
const PORT = 'port'

interface Status {
  readonly ready: boolean
  readonly problems: readonly string[]
  readonly warnings: readonly string[]
}

/** The gateway that runs, if one does; else whether one could. */
export async function checkGateway(installation: Installation): Promise<Finding[]> {
  const { dataDir, admin, listen } = installation.config
  const options = { dataDir, ...(admin.socket !== undefined && { adminSocket: admin.socket }) }
  const socket = socketOf(options)
  try {
    const { ready, problems, warnings } = await withAdmin(options, (call) => call<Status>('GET', '/status'))
    const says = ready ? 'a gateway runs, and is ready' : `a gateway runs, and is not ready: ${problems.join('; ')}`
    return [
      ready ? ok(SOCKET, says) : problem(SOCKET, says, 'its log says more'),
      ...warnings.map((text): Finding => ({ check: SOCKET, verdict: 'warning', says: text })),
      await answering(listen),
    ]
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    if (error.exitCode === EXIT.denied) {
      return [problem(SOCKET, `${socket} may not be opened by this user`, 'run this as the user of the gateway')]
    }
    const left = existsSync(socket) ? `no gateway runs; ${socket} is left from one` : 'no gateway runs'
    return [ok(SOCKET, left), ...(await examine(WHILE_STOPPED, installation))]
  }
}

const urlOf = ({ host, port, tlsCert }: Config['listen']): string =>
  `${tlsCert === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`

async function answering(listen: Config['listen']): Promise<Finding> {
  const url = urlOf(listen)
  // Its certificate is for another name than the address it listens on: whether it is good is not for us to say.
  if (url.startsWith('https:')) return ok(PORT, `${url}, with TLS: not asked`)
  try {
    const answer = await fetch(`${url}/healthz`)
    if (answer.ok) return ok(PORT, url)
    return warning(
      PORT,
      `${url}/healthz answers ${answer.status}`,
      'something else listens there: which port has the gateway?',
    )
  } catch {
    return warning(PORT, `nobody listens at ${url}`, 'the gateway that runs was started with another --listen-port')
  }
}
