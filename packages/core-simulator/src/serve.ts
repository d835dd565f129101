// The core as a process: its APIs on one port of loopback.

import { randomUUID } from 'node:crypto'
import { adminOperations, checkedSettings } from './admin/operations.js'
import { bsfOperations } from './bsf.js'
import { type Exchange, Exchanges } from './exchanges.js'
import { Expiry } from './expiry.js'
import { Faults } from './faults.js'
import { expire, nefOperations } from './nef/operations.js'
import { nrfOperations } from './nrf.js'
import { pcfOperations } from './pcf/operations.js'
import { type ListedDevice, listedSession } from './state/pdu-sessions.js'
import type { SettingsPatch } from './state/settings.js'
import { Store } from './state/store.js'
import { AccessTokens, tokenOperations } from './tokens.js'
import { listen } from './transport/listener.js'
import { Notifier } from './transport/notifier.js'
import { type Operation, Router, reportFault } from './transport/router.js'
import { ueAddressOperations } from './ue-address.js'

export interface ServeCoreOptions {
  /** Path of its file; `:memory:` keeps nothing after the process. */
  readonly file: string
  /** On loopback; 0 takes a free one. */
  readonly port: number
  /** Override the settings in the file. Default: those stay. */
  readonly settings?: SettingsPatch
  /** Devices that have a PDU session and a phone number, besides those of the pools. */
  readonly devices?: readonly ListedDevice[]
  /** Whether it deletes the resources of application functions from the file. Default: no. */
  readonly forget?: boolean
}

export interface ServedCore {
  /** Base URL of all its APIs: `http://127.0.0.1:PORT`. */
  readonly url: string
  /** Called with each request and each notification when it is complete. @returns stops it */
  watch(listener: (exchange: Exchange) => void): () => void
  close(): Promise<void>
}

/**
 * Starts a core.
 * @throws {Error} the port is in use, a setting is wrong, or the file cannot be used
 */
export async function serveCore(options: ServeCoreOptions): Promise<ServedCore> {
  const { file, port, settings, devices = [], forget = false } = options
  const store = new Store(file)
  try {
    if (settings !== undefined) store.changeSettings(checkedSettings(settings))
  } catch (error) {
    store.close()
    throw error
  }
  for (const device of devices) store.putPduSession(listedSession(device, store.settings.dnn))
  if (forget) {
    store.forget('pcf')
    store.forget('nef')
  }
  const faults = new Faults()
  const exchanges = new Exchanges()
  const notifier = new Notifier(exchanges)
  const tokens = new AccessTokens(store)
  let pcf = { instanceId: randomUUID(), startedAt: new Date() }
  const operations: Operation[] = []
  const router = new Router({
    operations,
    faults,
    exchanges,
    notifier,
    admit(door, authorization) {
      if (door !== 'token' && store.settings.authorization.includes(door)) tokens.check(authorization)
    },
  })
  const listener = await listen(port, router.answer).catch((error: unknown) => {
    store.close()
    throw error
  })
  const { host } = listener
  const base = `http://${host}:${listener.port}`
  const nef = { store, base, rescheduleExpiry: () => expiry.reschedule() }
  const expiry = new Expiry(store, (nowMs) => {
    // A notification that fails is kept among the exchanges.
    notifier.tell(expire(nef, nowMs)).catch(reportFault)
  })
  operations.push(
    ...nefOperations(nef),
    ...ueAddressOperations(store),
    ...pcfOperations({ store, base }),
    ...bsfOperations({ store, host, port: listener.port, pcf: () => pcf }),
    ...nrfOperations({ host, port: listener.port, pcf: () => pcf }),
    ...tokenOperations(store, tokens),
    ...adminOperations({
      ...nef,
      faults,
      exchanges,
      tokens,
      pcf: () => pcf,
      restartPcf() {
        pcf = { instanceId: randomUUID(), startedAt: new Date() }
      },
      dropConnections: (exceptPort) => listener.dropConnections(exceptPort),
    }),
  )
  expiry.reschedule()
  return {
    url: base,
    watch: (listener) => exchanges.watch(listener),
    async close() {
      router.close()
      expiry.close()
      notifier.close()
      await listener.close()
      store.close()
    },
  }
}
