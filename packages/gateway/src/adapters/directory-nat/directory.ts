import { QodError } from '@rightofway/camara'
import type { DeviceName, ResolvedDevice } from '../../domain/device.js'
import type { DeviceDirectory } from '../../ports/device-directory.js'

/**
 * Finds the device that uses a public address and port now, by the NAT's connections.
 * @returns the device's own IPv4 address; undefined if there is none
 */
export type InsideAddress = (publicAddress: string, publicPort: number) => Promise<string | undefined>

/** A directory that also finds devices by the public address and port that servers see. */
export class NatDirectory implements DeviceDirectory {
  readonly supports
  readonly binds
  readonly #inner: DeviceDirectory
  readonly #inside: InsideAddress

  constructor(inner: DeviceDirectory, inside: InsideAddress) {
    this.supports = inner.supports
    this.binds = inner.binds
    this.#inner = inner
    this.#inside = inside
  }

  /** @throws {QodError} `UNAVAILABLE` the NAT does not answer */
  async resolve(name: DeviceName): Promise<ResolvedDevice | undefined> {
    const known = await this.#inner.resolve(name)
    if (known !== undefined || name.kind !== 'ipv4Address' || !this.supports.has(name.kind)) return known
    const { publicAddress, publicPort } = name
    if (publicPort === undefined) return undefined
    const inside = await this.#ask(publicAddress, publicPort)
    if (inside === undefined) return undefined
    return this.#inner.resolve({ kind: 'ipv4Address', publicAddress, privateAddress: inside })
  }

  async #ask(publicAddress: string, publicPort: number): Promise<string | undefined> {
    try {
      return await this.#inside(publicAddress, publicPort)
    } catch (cause) {
      throw new QodError('UNAVAILABLE', 'The device with this address cannot be determined now: try again later.', {
        cause,
      })
    }
  }
}
