// The operations on sessions as loads: created sessions are read, extended, looked up by device, and deleted.

import type { GatewayProcess } from '../../test/gateway-process.js'
import type { LoadOrder, LoadReport } from './load-generator.js'
import { load } from './processes.js'
import { createOrder, DEVICE, SESSIONS_PATH } from './sessions.js'

/** In an order in which each has the sessions that it needs. */
export const OPERATIONS = ['create', 'get', 'extend', 'retrieve', 'delete'] as const
export type Operation = (typeof OPERATIONS)[number]

type Time = Pick<LoadOrder, 'warmupMs' | 'measureMs'>

/** One gateway under load, or several that share it. */
export class Subject {
  readonly #ports: readonly number[]
  readonly #key: string
  #created: LoadReport | undefined
  /** Of the first device of `#created`. */
  #firstNumber = 1

  private constructor(ports: readonly number[], key: string) {
    this.#ports = ports
    this.#key = key
  }

  /** @param gateways on one store */
  static async of(gateways: readonly [GatewayProcess, ...GatewayProcess[]]): Promise<Subject> {
    const ports = gateways.map(({ url }) => Number(new URL(url).port))
    return new Subject(ports, await gateways[0].newKey())
  }

  /** Sends as many as are answered; but for `create`, they are of what was created last. */
  async load(operation: Operation, time: Time): Promise<LoadReport> {
    const report = await load({ ...this.#order(operation, time), ports: this.#ports })
    if (operation === 'create') this.#created = report
    return report
  }

  #order(operation: Operation, time: Time): LoadOrder {
    const create = createOrder(this.#ports[0] as number, this.#key, {
      ...time,
      firstNumber: this.#created?.lastNumber ?? 1,
    })
    if (operation === 'create') {
      this.#firstNumber = create.firstNumber as number
      return { ...create, keep: 'sessionId' }
    }
    if (this.#created === undefined) throw new Error(`${operation} comes after create`)
    const { kept, lastNumber } = this.#created
    const { headers, body: _, ...common } = create
    const ofEach = { ...common, firstNumber: 0, numbers: kept.length }
    // Without a body there is no content type.
    const bare = { authorization: headers['authorization'] as string }
    switch (operation) {
      case 'get':
        return { ...ofEach, method: 'GET', paths: pathsOf(kept), headers: bare }
      case 'delete':
        // There are only so many: none is spent on warming up what the others have warmed.
        return { ...ofEach, method: 'DELETE', paths: pathsOf(kept), headers: bare, once: true, warmupMs: 0 }
      case 'extend':
        return { ...ofEach, paths: pathsOf(kept, '/extend'), headers, body: '{"requestedAdditionalDuration":1}' }
      case 'retrieve': {
        const numbers = { firstNumber: this.#firstNumber, numbers: lastNumber - this.#firstNumber }
        const path = SESSIONS_PATH.replace('sessions', 'retrieve-sessions')
        return { ...common, ...numbers, path, headers, body: JSON.stringify({ device: DEVICE }) }
      }
    }
  }
}

const pathsOf = (ids: readonly string[], suffix = ''): string[] => ids.map((id) => `${SESSIONS_PATH}/${id}${suffix}`)
