// Networks behind an API: their clients, and the listener for their messages.

import type { NetworkId } from '@rightofway/camara'
import type { Logger } from 'pino'
import type { NefDirectoryOptions } from '../adapters/directory-nef/directory.js'
import { CallbackUrls } from '../adapters/network-api/callback-urls.js'
import { ApiClient, type Authorization } from '../adapters/network-api/client.js'
import { bearer, OAuthAuthorization } from '../adapters/network-api/client-credentials.js'
import type { Door } from '../adapters/network-api/door.js'
import type { CoreDoorOptions } from '../adapters/network-api/families.js'
import { listenForCallbacks, type MessageResult } from '../adapters/network-api/listener.js'
import { ApiNetwork } from '../adapters/network-api/network.js'
import { CamaraDoor, type CamaraDoorOptions } from '../adapters/network-camara/door.js'
import { NefDoor, type NefDoorOptions } from '../adapters/network-nef/door.js'
import { PcfDoor } from '../adapters/network-pcf/door.js'
import { Bsf, Nrf } from '../adapters/network-pcf/functions.js'
import type { AssertionKeys } from '../auth/secrets/assertion-keys.js'
import type { Secrets } from '../auth/secrets/keyring.js'
import { prefixes } from '../config/prefixes.js'
import {
  type ApiConfig,
  type CamaraConfig,
  type Config,
  isBehindApi,
  type NefConfig,
  type PcfConfig,
  type TokenConfig,
} from '../config/schema.js'
import { type ApiFiles, readApiFiles, readCallbackTls } from '../config/tls-files.js'
import type { Clock } from '../ports/clock.js'
import type { Store } from '../ports/store/store.js'
import { Closing } from './closing.js'

export interface ApiNetworkParts {
  readonly store: Store
  readonly secrets: Secrets
  readonly assertionKeys: AssertionKeys
  readonly clock: Clock
  readonly realNow: () => number
  readonly monotonicNow: () => number
  readonly log: Logger
  /** Called with the outcome of each message of a network. */
  readonly onMessage: (result: MessageResult) => void
}

/** A NEF that is asked for more than sessions. */
export type Nef = Pick<NefDirectoryOptions, 'name' | 'client' | 'afId'>

/** The listener for the messages of networks, and the networks. */
export class ApiNetworks {
  readonly networks: ReadonlyMap<NetworkId, ApiNetwork>
  readonly nefs: ReadonlyMap<NetworkId, Nef>
  readonly #closing: Closing

  private constructor(
    networks: ReadonlyMap<NetworkId, ApiNetwork>,
    nefs: ReadonlyMap<NetworkId, Nef>,
    closing: Closing,
  ) {
    this.networks = networks
    this.nefs = nefs
    this.#closing = closing
  }

  /** @throws {Error} callbacks.listen cannot be listened on */
  static async open(config: Config, parts: ApiNetworkParts): Promise<ApiNetworks> {
    const closing = new Closing()
    const configured = config.networks.filter(isBehindApi)
    try {
      const urls = configured.length > 0 ? await openListener(config, configured, parts, closing) : undefined
      const nefs = new Map<NetworkId, Nef>()
      const networks = configured.map((network) => closing.push(openNetwork(network, parts, urls, { closing, nefs })))
      return new ApiNetworks(new Map(networks.map((network) => [network.id, network])), nefs, closing)
    } catch (error) {
      await closing.close()
      throw error
    }
  }

  close(): Promise<void> {
    return this.#closing.close()
  }
}

/** @returns undefined if there is no listener */
async function openListener(
  { callbacks }: Config,
  networks: readonly ApiConfig[],
  { store, secrets, log, onMessage }: ApiNetworkParts,
  closing: Closing,
): Promise<CallbackUrls | undefined> {
  const { host, port } = callbacks.listen
  // Without its keys the gateway cannot tell which network sent a message: it polls the networks instead.
  if (port === undefined || secrets.problem !== undefined) return undefined
  const tls = readCallbackTls(callbacks)
  let url = callbacks.url
  const urls = new CallbackUrls({ baseUrl: () => url as string, mac: (...text) => secrets.pseudonym(...text) })
  const listener = await listenForCallbacks({
    ...{ host, port, urls, log, onMessage, records: store.remoteReservations },
    ...(tls && { tls }),
    ...(callbacks.allow.length > 0 && { allow: prefixes(callbacks.allow) }),
    // Only CAMARA endpoints send a token.
    networks: new Map(networks.map(({ id, kind }) => [id as NetworkId, { token: kind === 'camara' }])),
  })
  closing.push(listener)
  url ??= `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${listener.port}`
  log.info({ url }, 'listening for messages of networks')
  return urls
}

/** The parts that are made beside the networks. */
interface Made {
  readonly closing: Closing
  readonly nefs: Map<NetworkId, Nef>
}

function openNetwork(
  network: ApiConfig,
  parts: ApiNetworkParts,
  callbacks: CallbackUrls | undefined,
  made: Made,
): ApiNetwork {
  const { store, clock, monotonicNow, log } = parts
  const id = network.id as NetworkId
  return new ApiNetwork({
    ...{ id, clock, monotonicNow, log, records: store.remoteReservations },
    door: doorOf(network, parts, callbacks, made),
    capabilities: {
      maxFlowRules: network.maxFlowRules,
      ...(network.kind === 'camara' && { phoneNumbers: network.identifiers.includes('phoneNumber') }),
      subscribers: network.kind === 'pcf',
    },
    ...(callbacks && { callbacks }),
  })
}

function doorOf(
  network: ApiConfig,
  parts: ApiNetworkParts,
  callbacks: CallbackUrls | undefined,
  { closing, nefs }: Made,
): Door {
  const files = readApiFiles(network)
  if (network.kind === 'pcf') return pcfDoor(network, files, parts, closing)
  const { id, url: baseUrl, timeoutMs } = network
  const name = `${network.kind === 'camara' ? 'the CAMARA endpoint' : 'the NEF'} of ${id}`
  const authorization = authorizationOf(network, files, parts, closing)
  const client = new ApiClient({ name, baseUrl, timeoutMs, tls: files.tls, ...(authorization && { authorization }) })
  const attemptOf: CamaraDoorOptions['attemptOf'] = (url, reservation) =>
    callbacks?.attemptOf(url, id as NetworkId, reservation)
  if (network.kind === 'nef') nefs.set(id as NetworkId, { name, client, afId: network.scsAsId })
  return network.kind === 'camara'
    ? camaraDoor(network, { ...parts, name, client, attemptOf })
    : nefDoor(network, { ...parts, name, client, attemptOf })
}

type DoorParts = Pick<CamaraDoorOptions, 'name' | 'client' | 'clock' | 'realNow' | 'attemptOf'> &
  Pick<NefDoorOptions, 'monotonicNow'>

const camaraDoor = (
  { profiles, identifiers, addressLists }: CamaraConfig,
  { name, client, clock, realNow, attemptOf }: DoorParts,
): Door => new CamaraDoor({ name, client, clock, realNow, attemptOf, profiles, identifiers, addressLists })

/** The settings that every mobile core has. */
const coreOptions = ({
  grant,
  portRanges,
  dnn,
  snssai,
  ipDomain,
}: NefConfig | PcfConfig): Omit<CoreDoorOptions, 'name'> => ({
  ...{ grant, portRanges },
  ...(dnn !== undefined && { dnn }),
  ...(snssai !== undefined && { snssai }),
  ...(ipDomain !== undefined && { ipDomain }),
})

const nefDoor = (network: NefConfig, { name, client, clock, monotonicNow, attemptOf }: DoorParts): Door => {
  const { dialect, scsAsId, qosReferences } = network
  return new NefDoor({
    ...{ name, client, clock, monotonicNow, attemptOf, dialect, scsAsId, qosReferences },
    ...coreOptions(network),
  })
}

/** All functions of a core have the same client settings. */
function pcfDoor(network: PcfConfig, { tls }: ApiFiles, { realNow }: ApiNetworkParts, closing: Closing): Door {
  const { id, url, bsfUrl = '', nrfUrl, nfInstanceId, timeoutMs, core, profiles } = network
  const options = coreOptions(network)
  const authorization = (targetNfType: 'PCF' | 'BSF', scope: string): Authorization | undefined =>
    nrfUrl === undefined || nfInstanceId === undefined
      ? undefined
      : closing.push(
          new OAuthAuthorization({
            ...{ tokenUrl: `${nrfUrl}/oauth2/token`, clientId: nfInstanceId, scope, realNow, http2: true },
            ...(tls.ca !== undefined && { ca: tls.ca }),
            authentication: { nrf: { nfType: 'AF', targetNfType } },
          }),
        )
  const clientOf = (name: string, baseUrl: string, authorization?: Authorization) =>
    new ApiClient({ ...{ name, baseUrl, timeoutMs, tls, http2: true }, ...(authorization && { authorization }) })
  const name = `the PCF of ${id}`
  const pcfAuthorization = authorization('PCF', 'npcf-policyauthorization')
  const bsf = () => {
    const bsfName = `the BSF of ${id}`
    return new Bsf({
      name: bsfName,
      client: clientOf(bsfName, bsfUrl, authorization('BSF', 'nbsf-management')),
      scheme: bsfUrl.startsWith('https:') ? 'https' : 'http',
      ...options,
    })
  }
  const nrfName = `the NRF of ${id}`
  return new PcfDoor({
    ...{ name, core, profiles, ...options },
    pcf: url === undefined ? { bsf: bsf() } : { url },
    clientOf: (baseUrl) => clientOf(name, baseUrl, pcfAuthorization),
    ...(nrfUrl !== undefined && { nrf: new Nrf(nrfName, clientOf(nrfName, nrfUrl)) }),
  })
}

function authorizationOf(
  { tokenUrl, clientId, scope, audience = tokenUrl }: TokenConfig,
  { tls, token, clientSecret }: ApiFiles,
  { assertionKeys, realNow }: ApiNetworkParts,
  closing: Closing,
): Authorization | undefined {
  if (token !== undefined) return bearer(token)
  if (tokenUrl === undefined || clientId === undefined) return undefined
  const assert = () => assertionKeys.assert({ clientId, audience: audience ?? tokenUrl })
  return closing.push(
    new OAuthAuthorization({
      ...{ tokenUrl, clientId, realNow },
      ...(scope !== undefined && { scope }),
      ...(tls.ca !== undefined && { ca: tls.ca }),
      authentication: clientSecret === undefined ? { assert } : { secret: clientSecret },
    }),
  )
}
