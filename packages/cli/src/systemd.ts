// What a service of `Type=notify` tells systemd (sd_notify(3)). Node has no datagram sockets of the unix domain, and a
// library for them would need native code: systemd's own tool sends the messages.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** A message that cannot be sent holds up neither a start nor a stop for longer (milliseconds). */
const SEND_MS = 5_000

/** Sends one message. @throws {Error} it could not be sent */
type Send = (...assignments: readonly string[]) => Promise<unknown>

const systemdNotify: Send = (...assignments) =>
  promisify(execFile)('systemd-notify', assignments, { timeout: SEND_MS, killSignal: 'SIGKILL' })

/** The service manager that started this process, if one did and wants to hear of it. */
export class ServiceManager {
  readonly #send: Send | undefined
  readonly #watchdogMs: number | undefined
  readonly #complain: (text: string) => void
  #watchdog: NodeJS.Timeout | undefined
  #complained = false

  /**
   * @param env of the process: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`
   * @param complain told once, if messages cannot be sent
   */
  constructor(env: NodeJS.ProcessEnv, complain: (text: string) => void, send: Send = systemdNotify) {
    this.#send = env['NOTIFY_SOCKET'] ? send : undefined
    this.#watchdogMs = watchdogMs(env)
    this.#complain = complain
  }

  /** The service has started. From now on the watchdog hears of each half of its time that the event loop turns. */
  async ready(url: string): Promise<void> {
    await this.#tell('READY=1', `STATUS=Listening at ${url}`).catch(this.#failed)
    if (this.#send === undefined || this.#watchdogMs === undefined) return
    const alive = () => {
      this.#tell('WATCHDOG=1').catch(this.#failed)
    }
    this.#watchdog = setInterval(alive, this.#watchdogMs / 2).unref()
  }

  /** The service is about to stop. */
  async stopping(): Promise<void> {
    clearInterval(this.#watchdog)
    await this.#tell('STOPPING=1', 'STATUS=Stopping').catch(this.#failed)
  }

  async #tell(...assignments: string[]): Promise<void> {
    await this.#send?.(...assignments)
  }

  readonly #failed = (error: unknown): void => {
    if (this.#complained) return
    this.#complained = true
    const { code, message } = error as NodeJS.ErrnoException
    this.#complain(
      `systemd-notify could not tell systemd about this service: ${code === 'ENOENT' ? 'it is not installed' : message}`,
    )
  }
}

/** Time of the watchdog in milliseconds; undefined where there is none, or it is that of another process. */
function watchdogMs({ WATCHDOG_USEC: time, WATCHDOG_PID: pid }: NodeJS.ProcessEnv): number | undefined {
  if (!time || (pid && Number(pid) !== process.pid)) return undefined
  return Number(time) / 1_000
}
