// Addresses expire, and are changed by other gateways; the sessions of the devices are updated in every case.

import type { Instant } from '@rightofway/camara'
import type { Alarm } from '../ports/clock.js'
import type { Log } from '../ports/log.js'
import { Trouble } from '../ports/trouble.js'
import type { Deps } from '../usecases/deps.js'
import { followDevices } from '../usecases/devices/follow-devices.js'

/** After a failure of the store; by the clock. */
const RETRY_MS = 1_000

export type DeviceFollowerDeps = Pick<Deps, 'store' | 'clock' | 'networks'> & { readonly log: Log }

/** Updates the sessions of a device whenever one of its addresses changes or expires. */
export class DeviceFollower {
  readonly #deps: DeviceFollowerDeps
  readonly #trouble: Trouble
  #alarm: Alarm | undefined
  #unwatch: () => void = () => undefined
  #running: Promise<void> | undefined
  #again = false
  #stopped = false

  constructor(deps: DeviceFollowerDeps) {
    this.#deps = deps
    this.#trouble = new Trouble(deps.log, {
      broken: 'sessions could not follow their devices',
      mended: 'sessions follow their devices again',
    })
  }

  /** Resolves when the sessions of all changed devices are updated. */
  async start(): Promise<void> {
    this.#unwatch = this.#deps.store.devices.watch(() => this.#look())
    this.#look()
    await this.#running
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#unwatch()
    this.#alarm?.cancel()
    await this.#running
    this.#trouble.close()
  }

  #look(): void {
    this.#again = true
    this.#running ??= this.#deps.clock.track(this.#run()).finally(() => {
      this.#running = undefined
    })
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      this.#setAlarm(await this.#follow())
    }
  }

  async #follow(): Promise<Instant | undefined> {
    try {
      const next = await followDevices(this.#deps)
      this.#trouble.over()
      return next
    } catch (error) {
      this.#trouble.failed(error)
      return (this.#deps.clock.now() + RETRY_MS) as Instant
    }
  }

  #setAlarm(at: Instant | undefined): void {
    this.#alarm?.cancel()
    this.#alarm = undefined
    if (at !== undefined && !this.#stopped) this.#alarm = this.#deps.clock.alarm(at, () => this.#look())
  }
}
