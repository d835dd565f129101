// A door to a PCF with the options of tests.

import { ApiClient } from '../network-api/client.js'
import type { CoreDoorParts } from '../network-api/core-network.fixture.js'
import { PcfDoor, type PcfDoorOptions } from './door.js'
import { Bsf, Nrf } from './functions.js'

export interface PcfDoorWith extends Partial<Omit<PcfDoorOptions, 'nrf' | 'pcf'>> {
  /** Whether the BSF is asked for the PCF of a device. Default: no. */
  readonly bsf?: boolean
  /** Whether the NRF knows the PCF's instance. Default: no. */
  readonly nrf?: boolean
}

export const openPcfDoor =
  ({ bsf = false, nrf = false, ...options }: PcfDoorWith = {}) =>
  ({ url }: CoreDoorParts): PcfDoor => {
    const clientOf = (name: string, baseUrl: string) => new ApiClient({ name, baseUrl, timeoutMs: 5_000, http2: true })
    const name = 'the PCF of core'
    return new PcfDoor({
      ...{ name, core: 'standard', profiles: {}, grant: 'onCreated', portRanges: false },
      pcf: bsf ? { bsf: new Bsf({ name: 'the BSF', client: clientOf('the BSF', url), scheme: 'http' }) } : { url },
      // The core knows its own port, and not that of the proxy.
      clientOf: () => clientOf(name, url),
      ...(nrf && { nrf: new AnyNrf('the NRF', clientOf('the NRF', url)) }),
      ...options,
    })
  }

/** The only PCF, whatever its URL. */
class AnyNrf extends Nrf {
  readonly #client: ApiClient

  constructor(name: string, client: ApiClient) {
    super(name, client)
    this.#client = client
  }

  override async instanceAt(): Promise<string | undefined> {
    const path = '/nnrf-disc/v1/nf-instances?target-nf-type=PCF&requester-nf-type=AF'
    const { body } = await this.#client.ask({ method: 'GET', path })
    const [profile] = (body as { nfInstances: { nfServices: { ipEndPoints: { port: number }[] }[] }[] }).nfInstances
    return super.instanceAt(`http://127.0.0.1:${profile?.nfServices[0]?.ipEndPoints[0]?.port}`)
  }
}
