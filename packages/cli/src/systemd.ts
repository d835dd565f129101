// The messages of a `Type=notify` service to systemd (sd_notify(3)). Node has no unix datagram sockets, and a library
// would need native code, so systemd's own tool sends the messages.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/** A message that cannot be sent delays a start or a stop by at most this many milliseconds. */
const SEND_MS = 5_000

/** Sends one message. @throws {Error} it could not be sent */
type Send = (...assignments: readonly string[]) => Promise<unknown>

const systemdNotify: Send = (...assignments) =>
  promisify(execFile)('systemd-notify', assignments, { timeout: SEND_MS, killSignal: 'SIGKILL' })

/** The service manager that started this process, if it wants messages. */
export class ServiceManager {
  readonly #send: Send | undefined
  readonly #watchdogMs: number | undefined
  readonly #complain: (text: string) => void
  #watchdog: NodeJS.Timeout | undefined
  #complained = false

  /**
   * @param env of the process: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`
   * @param complain called once if messages cannot be sent
   */
  constructor(env: NodeJS.ProcessEnv, complain: (text: string) => void, send: Send = systemdNotify) {
    this.#send = env['NOTIFY_SOCKET'] ? send : undefined
    this.#watchdogMs = watchdogMs(env)
    this.#complain = complain
  }

  /**
   * The service has started. From now on it notifies the watchdog at half of its interval, as long as the event loop
   * runs.
   */
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
    this.#complain(`systemd-notify could not notify systemd: ${code === 'ENOENT' ? 'it is not installed' : message}`)
  }
}

/** Interval of the watchdog in milliseconds; undefined if there is none, or if it is for another process. */
function watchdogMs({ WATCHDOG_USEC: time, WATCHDOG_PID: pid }: NodeJS.ProcessEnv): number | undefined {
  if (!time || (pid && Number(pid) !== process.pid)) return undefined
  return Number(time) / 1_000
}
