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

/** The running gateway; if none is running, whether one could start. */
export async function checkGateway(installation: Installation): Promise<Finding[]> {
  const { dataDir, admin, listen } = installation.config
  const options = { dataDir, ...(admin.socket !== undefined && { adminSocket: admin.socket }) }
  const socket = socketOf(options)
  try {
    const { ready, problems, warnings } = await withAdmin(options, (call) => call<Status>('GET', '/status'))
    const says = ready ? 'a gateway is running and ready' : `a gateway is running but not ready: ${problems.join('; ')}`
    return [
      ready ? ok(SOCKET, says) : problem(SOCKET, says, 'see its log'),
      ...warnings.map((text): Finding => ({ check: SOCKET, verdict: 'warning', says: text })),
      await answering(listen),
    ]
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    if (error.exitCode === EXIT.denied) {
      return [
        problem(SOCKET, `this user has no permission to open ${socket}`, 'run this command as the user of the gateway'),
      ]
    }
    const left = existsSync(socket) ? `no gateway is running; ${socket} is left over from one` : 'no gateway is running'
    return [ok(SOCKET, left), ...(await examine(WHILE_STOPPED, installation))]
  }
}

const urlOf = ({ host, port, tlsCert }: Config['listen']): string =>
  `${tlsCert === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${port}`

async function answering(listen: Config['listen']): Promise<Finding> {
  const url = urlOf(listen)
  // Its certificate is for another name than its address, so it cannot be checked here.
  if (url.startsWith('https:')) return ok(PORT, `${url} uses TLS: not checked`)
  try {
    const answer = await fetch(`${url}/healthz`)
    if (answer.ok) return ok(PORT, url)
    return warning(
      PORT,
      `${url}/healthz answers ${answer.status}`,
      'another program listens there: check listen.port of the gateway',
    )
  } catch {
    return warning(PORT, `nothing listens at ${url}`, 'the running gateway was started with another --listen-port')
  }
}
