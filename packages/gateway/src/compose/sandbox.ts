// The parts that only a sandbox has: a clock that can be moved, faults on request, an inbox, simulated devices.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { instant, type QodError } from '@rightofway/camara'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config/schema.js'
import { type AdminPart, adminPart } from '../http/admin/index.js'
import type { Clock } from '../ports/clock.js'
import type { DeviceDirectory } from '../ports/device-directory.js'
import type { PublicUrl } from '../ports/public-url.js'
import type { Store } from '../ports/store/store.js'
import { createAuthority } from '../sandbox/certificates.js'
import { SandboxClock } from '../sandbox/clock.js'
import { SandboxDirectory } from '../sandbox/directory.js'
import { SandboxFaults } from '../sandbox/faults.js'
import { openHttpsSink } from '../sandbox/https-sink.js'
import { SandboxInbox } from '../sandbox/inbox.js'
import { loadWorld } from '../sandbox/load-world.js'
import { clockRoutes } from '../sandbox/routes/clock.js'
import { addFaults, faultRoutes } from '../sandbox/routes/faults.js'
import { identifierRoutes } from '../sandbox/routes/identifiers.js'
import { addInbox, INBOX_PATH, inboxRoutes } from '../sandbox/routes/inbox.js'
import type { AuditLog } from '../usecases/audit/note.js'

/** The certificate authority of a sandbox is created anew at every start. */
const CA_DAYS = 365
const CLOCK_OFFSET = 'sandbox-clock-offset-ms'

interface Parts {
  readonly config: Config
  readonly store: Store
  readonly realNow: () => number
  readonly systemClock: Clock
}

interface RouteParts {
  readonly directory: SandboxDirectory
  readonly auditLog: AuditLog
  readonly publicUrl: PublicUrl
  readonly onFault: (error: QodError) => void
}

export class Sandbox {
  readonly clock: SandboxClock
  readonly #parts: Parts
  readonly #authority
  readonly #faults = new SandboxFaults()

  private constructor(clock: SandboxClock, parts: Parts) {
    this.clock = clock
    this.#parts = parts
    this.#authority = createAuthority('Right of Way sandbox', parts.realNow(), CA_DAYS)
  }

  /** Opens it over a store, and loads its devices. */
  static async open(parts: Parts): Promise<Sandbox> {
    const { store, realNow, systemClock } = parts
    const clock = await SandboxClock.start(systemClock, {
      load: async () => Number((await store.settings.get(CLOCK_OFFSET)) ?? 0),
      save: (offsetMs: number) => store.settings.set(CLOCK_OFFSET, String(offsetMs)),
    })
    await loadWorld(store, instant(realNow()))
    return new Sandbox(clock, parts)
  }

  /** PEM of the authority that certifies its https sink. */
  get ca(): string {
    return this.#authority.cert
  }

  /** A directory in which kinds of identifiers can be switched off. */
  directoryOver(known: DeviceDirectory): SandboxDirectory {
    return new SandboxDirectory(known, this.#parts.store.devices)
  }

  /** Makes the application's server send the sandbox's time, and fail on request. */
  addTo(app: FastifyInstance): void {
    // Clients take the sandbox's time from the Date header of answers (RFC 9110 section 6.6.1).
    app.addHook('onSend', (_request, reply, payload, done) => {
      reply.header('date', new Date(this.clock.now()).toUTCString())
      done(null, payload)
    })
    addFaults(app, this.#faults)
  }

  /** Opens its sinks, and makes its routes for operators. */
  async openRoutes(
    app: FastifyInstance,
    { directory, auditLog, publicUrl, onFault }: RouteParts,
  ): Promise<{ parts: AdminPart[]; close(): Promise<void> }> {
    const { config, realNow } = this.#parts
    const inbox = new SandboxInbox()
    await addInbox(app, inbox, realNow)
    const ca = join(config.dataDir, 'sandbox-ca.pem')
    writeFileSync(ca, this.ca)
    const httpsSink = await openHttpsSink({ inbox, authority: this.#authority, realNow, onFault })
    const sinks = () => ({ http: publicUrl.value + INBOX_PATH, https: httpsSink.url, ca })
    return {
      parts: [
        adminPart(clockRoutes, { sandboxClock: this.clock }, auditLog),
        adminPart(identifierRoutes, { sandboxDirectory: directory }, auditLog),
        adminPart(faultRoutes, { faults: this.#faults }, auditLog),
        adminPart(inboxRoutes, { inbox, sinks }, auditLog),
      ],
      close: () => httpsSink.close(),
    }
  }
}
