// The settings of `rightofway init`: from its flags, and for the rest from a person.

import { CliError, EXIT } from '../exit-codes.js'
import type { NetworkEntry } from './config-text.js'

/** The values of flags. Settings are keyed by path: `listen.port`. */
export interface Given {
  readonly settings: ReadonlyMap<string, string>
  readonly network?: string | undefined
  readonly towardsDevices?: readonly string[] | undefined
  readonly towardsServers?: string | undefined
  readonly networkUrl?: string | undefined
  readonly networkTokenFile?: string | undefined
}

export interface Answers {
  readonly settings: ReadonlyMap<string, string>
  readonly network: NetworkEntry
}

/**
 * Asks a person.
 * @returns the answer; `suggestion` if it is empty
 */
export type Ask = (question: string, suggestion: string) => Promise<string>

const KINDS = ['linux', 'camara', 'simulator'] as const
type Kind = (typeof KINDS)[number]

const LOOPBACK = /^(127\.|::1$|localhost$)/

/**
 * @param ask undefined: nobody is there to answer
 * @throws {CliError} a value is missing without a person to ask, or is invalid
 */
export async function interview(given: Given, ask: Ask | undefined): Promise<Answers> {
  const settings = new Map(given.settings)
  const must = async (question: string, flag: string, suggestion = ''): Promise<string> => {
    const answer = await ask?.(question, suggestion)
    if (answer === undefined || answer === '') throw new CliError(`${flag} is required: ${question}`, EXIT.usage)
    return answer
  }
  /** Asks for a setting with a default. An accepted default is not in the file. */
  const may = async (question: string, path: string, suggestion: string): Promise<void> => {
    if (settings.has(path) || ask === undefined) return
    const answer = await ask(question, suggestion)
    if (answer !== '' && answer !== suggestion) settings.set(path, answer)
  }

  const kind = given.network ?? (await must(`kind of network (${KINDS.join(', ')})`, '--network', 'linux'))
  if (!isKind(kind))
    throw new CliError(`the kind of network must be one of ${KINDS.join(', ')}, not ${kind}`, EXIT.usage)
  const network = await MAKE[kind](given, must)
  if (kind === 'linux' && !settings.has('directory.kind')) {
    settings.set('directory.kind', 'open')
    if (!settings.has('directory.prefixes')) {
      const prefixes = await must('prefixes of the devices, such as 10.0.0.0/16', '--directory-prefixes')
      settings.set('directory.prefixes', prefixes)
    }
  }

  await may('folder of its data', 'dataDir', './rightofway-data')
  await may('address to listen on', 'listen.host', '127.0.0.1')
  await may('port to listen on', 'listen.port', '8080')
  const isPublic = !LOOPBACK.test(settings.get('listen.host') ?? '127.0.0.1')
  if (isPublic && !settings.has('listen.plainHttp')) {
    await may('file of its certificate (PEM); empty: a proxy in front has TLS', 'listen.tlsCert', '')
    if (settings.has('listen.tlsCert')) await may("file of the certificate's key (PEM)", 'listen.tlsKey', '')
    else if (ask !== undefined) settings.set('listen.plainHttp', 'true')
  }
  await may('PostgreSQL database that several gateways share (postgresql://...); empty: one gateway', 'store.url', '')
  if (settings.has('store.url')) {
    await may('URL of the load balancer in front of the gateways', 'publicUrl', '')
    if (!settings.has('keyring.keys')) await may('file of the keyring, the same on every gateway', 'keyring.file', '')
  }
  return { settings, network }
}

const isKind = (text: string): text is Kind => (KINDS as readonly string[]).includes(text)

type Must = (question: string, flag: string, suggestion?: string) => Promise<string>

const MAKE: Readonly<Record<Kind, (given: Given, must: Must) => Promise<NetworkEntry>>> = {
  async simulator() {
    return { kind: 'simulator', id: 'simulator' }
  },
  async linux({ towardsDevices, towardsServers }, must) {
    const form = 'INTERFACE=BITS-PER-SECOND, such as'
    const devices = towardsDevices ?? [
      await must(`interface towards devices: ${form} lan0=95000000`, '--towards-devices'),
    ]
    const servers =
      towardsServers ?? (await must(`interface towards servers: ${form} wan0=38000000`, '--towards-servers'))
    return {
      kind: 'linux',
      id: 'edge',
      towardsDevices: devices.map((text) => link(text, '--towards-devices')),
      towardsServers: link(servers, '--towards-servers'),
    }
  },
  async camara({ networkUrl, networkTokenFile }, must) {
    const url = networkUrl ?? (await must('base URL of its quality-on-demand API', '--network-url'))
    return { kind: 'camara', id: 'operator', url, ...(networkTokenFile && { tokenFile: networkTokenFile }) }
  },
}

/** `lan0=95000000`. */
function link(text: string, flag: string): NetworkEntry {
  const at = text.lastIndexOf('=')
  const capacityBps = Number(text.slice(at + 1))
  if (at < 1 || !Number.isSafeInteger(capacityBps)) {
    throw new CliError(`${flag} must be INTERFACE=BITS-PER-SECOND, such as lan0=95000000, not ${text}`, EXIT.usage)
  }
  return { interface: text.slice(0, at), capacityBps }
}
