// The functions of a core that locate a PCF, and identify its instance: BSF (TS 29.521) and NRF (TS 29.510).

import { NetworkUnreachable } from '../../ports/network.js'
import { type ApiAnswer, type ApiClient, refusal } from '../network-api/client.js'
import { type CoreDoorOptions, deviceOf, type FlowPart } from '../network-api/families.js'

type Client = Pick<ApiClient, 'ask' | 'close'>

/** The PCF of a device. */
export interface PcfBinding {
  /** `http://127.0.0.13:7777` */
  readonly url: string
  readonly supi?: string
}

export interface BsfOptions extends Pick<CoreDoorOptions, 'dnn' | 'ipDomain'> {
  /** Its name in messages. */
  readonly name: string
  readonly client: Client
  /** The scheme of the PCFs' URLs. */
  readonly scheme: 'http' | 'https'
}

/** No PDU session has this address (RFC 5737): a BSF that answers that there is none is reachable. */
const NO_ADDRESS = '192.0.2.255'

export class Bsf {
  readonly #options: BsfOptions

  constructor(options: BsfOptions) {
    this.#options = options
  }

  /** @returns undefined if the device has no PDU session */
  async find(part: FlowPart): Promise<PcfBinding | undefined> {
    const { ipv4, ipv6 } = deviceOf(part)
    const { dnn, ipDomain, name } = this.#options
    const query = new URLSearchParams({
      ...(ipv4 === undefined ? { ipv6Prefix: `${ipv6}/128` } : { ipv4Addr: ipv4 }),
      ...(dnn !== undefined && { dnn }),
      ...(ipDomain !== undefined && { ipDomain }),
    })
    const answer = await this.#get(query)
    if (answer.status === 204 || answer.status === 404) return undefined
    if (answer.status !== 200) throw refusal(name, answer)
    return this.#binding(answer)
  }

  async ping(): Promise<void> {
    const answer = await this.#get(new URLSearchParams({ ipv4Addr: NO_ADDRESS }))
    if (answer.status === 401 || answer.status === 403) throw refusal(this.#options.name, answer)
  }

  close(): Promise<void> {
    return this.#options.client.close()
  }

  #get(query: URLSearchParams): Promise<ApiAnswer> {
    return this.#options.client.ask({ method: 'GET', path: `/nbsf-management/v1/pcfBindings?${query}` })
  }

  #binding(answer: ApiAnswer): PcfBinding {
    const { pcfIpEndPoints, pcfFqdn, supi } = (answer.body ?? {}) as Record<string, unknown>
    const { name, scheme } = this.#options
    const [endPoint] = Array.isArray(pcfIpEndPoints) ? (pcfIpEndPoints as EndPoint[]) : []
    const host = hostOf(endPoint) ?? (typeof pcfFqdn === 'string' ? pcfFqdn : undefined)
    const port = typeof endPoint?.port === 'number' ? `:${endPoint.port}` : ''
    const origin = `${scheme}://${host}${port}`
    if (host === undefined || !URL.canParse(origin) || new URL(origin).origin !== trimmed(origin)) {
      throw refusal(name, { status: answer.status, body: { detail: 'without an address of the PCF' } })
    }
    return { url: new URL(origin).origin, ...(typeof supi === 'string' && { supi }) }
  }
}

/** Without the default port of the scheme. */
const trimmed = (origin: string): string => new URL(origin).href.replace(/\/$/, '')

interface EndPoint {
  readonly ipv4Address?: unknown
  readonly ipv6Address?: unknown
  readonly port?: unknown
}

function hostOf(endPoint: EndPoint | undefined): string | undefined {
  if (typeof endPoint?.ipv4Address === 'string') return endPoint.ipv4Address
  return typeof endPoint?.ipv6Address === 'string' ? `[${endPoint.ipv6Address}]` : undefined
}

interface NfProfile {
  readonly nfInstanceId?: unknown
  readonly nfStatus?: unknown
  readonly ipv4Addresses?: readonly unknown[]
  readonly ipv6Addresses?: readonly unknown[]
  readonly fqdn?: unknown
  readonly nfServices?: readonly { readonly ipEndPoints?: readonly EndPoint[]; readonly fqdn?: unknown }[]
}

/** The registered instance of a PCF. */
export class Nrf {
  readonly #name: string
  readonly #client: Client

  constructor(name: string, client: Client) {
    this.#name = name
    this.#client = client
  }

  /**
   * The instance id of the PCF at a URL, which changes with each of its starts; undefined if none is registered there.
   * @throws {NetworkUnreachable} there are two: one of them is gone, and the NRF has not noticed yet
   */
  async instanceAt(url: string): Promise<string | undefined> {
    const query = 'target-nf-type=PCF&requester-nf-type=AF'
    const answer = await this.#client.ask({ method: 'GET', path: `/nnrf-disc/v1/nf-instances?${query}` })
    const { nfInstances } = (answer.body ?? {}) as { nfInstances?: unknown }
    if (answer.status === 404) return undefined
    if (answer.status !== 200 || !Array.isArray(nfInstances)) throw refusal(this.#name, answer)
    const profiles = (nfInstances as readonly NfProfile[]).filter(
      ({ nfStatus = 'REGISTERED', ...profile }) => nfStatus === 'REGISTERED' && isAt(profile, new URL(url)),
    )
    const ids = profiles.map(({ nfInstanceId }) => nfInstanceId).filter((id) => typeof id === 'string')
    if (ids.length > 1) throw new NetworkUnreachable(`${this.#name} knows ${ids.length} PCFs at ${url}`)
    return ids[0]
  }

  close(): Promise<void> {
    return this.#client.close()
  }
}

function isAt({ ipv4Addresses, ipv6Addresses, fqdn, nfServices = [] }: NfProfile, { hostname, port }: URL): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  const endPoints = nfServices.flatMap(({ ipEndPoints = [] }) => ipEndPoints)
  const isThatPort = ({ port: own }: EndPoint) => own === undefined || port === '' || String(own) === port
  const hasAddress = ({ ipv4Address, ipv6Address }: EndPoint) => ipv4Address === host || ipv6Address === host
  if (endPoints.some(hasAddress)) return endPoints.some((each) => hasAddress(each) && isThatPort(each))
  const names = [fqdn, ...nfServices.map((service) => service.fqdn)]
  return [...(ipv4Addresses ?? []), ...(ipv6Addresses ?? []), ...names].includes(host)
}
