import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Gateway, type GatewayOptions, loadConfig, startGateway } from '@rightofway/gateway'
import { type Admin, adminOf, type CallAdmin } from './admin.js'

export interface HostOptions extends Pick<GatewayOptions, 'logger'> {
  /** Settings by their names in a configuration file. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Path of a configuration file. Default: none. */
  readonly file?: string | undefined
  /** An existing data folder, which is kept. Default: a new one, removed at the end. */
  readonly dataDir?: string | undefined
}

/** A gateway in this process, with its simulated network and a clock that can be moved. */
export interface HostedGateway {
  readonly gateway: Gateway
  readonly dataDir: string
  /** Calls the admin API, without a port. */
  readonly callAdmin: CallAdmin
  readonly admin: Admin
  /** Creates another application with a key. */
  newKey(name: string, key?: object): Promise<NewKey>
  /** Stops the gateway and removes its data. */
  close(): Promise<void>
}

export interface NewKey {
  /** Id of its application. */
  readonly application: string
  readonly key: string
  /** The prefix of the key: also the id of an OAuth client. */
  readonly prefix: string
}

/** Starts a gateway on a free port of this machine's loopback. It logs nothing without a logger. */
export async function hostGateway({ settings, file, dataDir, logger }: HostOptions = {}): Promise<HostedGateway> {
  const dir = dataDir ?? mkdtempSync(join(tmpdir(), 'rightofway-sandbox-'))
  const remove = () => {
    if (dataDir === undefined) rmSync(dir, { recursive: true, force: true })
  }
  try {
    const flags = {
      sandbox: true,
      dataDir: dir,
      'listen.port': 0,
      'log.level': 'silent',
      'dashboard.enabled': false,
      ...settings,
    }
    const gateway = await startGateway(loadConfig({ flags, file }), logger && { logger })
    const callAdmin: CallAdmin = (method, path, body) =>
      gateway.adminApp.inject({ method, url: `/admin/v1${path}`, ...(body && { payload: body }) })
    const admin = adminOf(callAdmin)
    return {
      gateway,
      dataDir: dir,
      callAdmin,
      admin,
      async newKey(name, key = {}) {
        const { id } = await admin<{ id: string }>('POST', '/applications', { name })
        const made = await admin<{ key: string; record: { prefix: string } }>('POST', `/applications/${id}/keys`, key)
        return { application: id, key: made.key, prefix: made.record.prefix }
      },
      async close() {
        await gateway.close()
        remove()
      },
    }
  } catch (error) {
    remove()
    throw error
  }
}
