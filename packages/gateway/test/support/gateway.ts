// A whole gateway in the process of a test: real routes, a real SQLite file, the simulator, a clock moved by hand, and a
// sink that keeps what it gets.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CreateSession, ErrorInfo, SessionInfo } from '@rightofway/camara'
import type { LightMyRequestResponse } from 'fastify'
import { pino } from 'pino'
import { hostGateway } from '../../../sandbox/src/gateway.js'
import type { Gateway } from '../../src/main.js'
import { type SinkServer, startSink } from './sink.js'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD' | 'OPTIONS'

export interface Answer<T = unknown> {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** As it came. */
  readonly text: string
  /** Parsed, if it is JSON. */
  readonly body: T
}

export interface CallOptions {
  /** An object is sent as JSON, a string as it is. */
  readonly body?: object | string
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Default: the gateway's first application. null sends none. */
  readonly key?: string | null
}

export interface TestGateway extends Gateway {
  readonly dataDir: string
  /** Key of an application that is there from the start. */
  readonly key: string
  readonly sink: SinkServer
  /** Calls a path as an application. */
  call<T = unknown>(method: Method, path: string, options?: CallOptions): Promise<Answer<T>>
  /** Calls the admin API; throws if it refuses. */
  admin<T = unknown>(method: Method, path: string, body?: object): Promise<T>
  /** Calls the admin API, and shows how it answers. */
  callAdmin<T = unknown>(method: Method, path: string, body?: object): Promise<Answer<T>>
  /** A new application, and a key of it. */
  newKey(record?: object): Promise<{ application: string; key: string; prefix: string }>
  /** Resolves with the id of the session that is committed next. */
  committed(): Promise<string>
  /** Moves the clock, and waits until all that fell due has settled. */
  advance(seconds: number): Promise<void>
  /** Creates a session; throws if it is refused. */
  create(body?: Partial<CreateSession>, headers?: Readonly<Record<string, string>>): Promise<SessionInfo>
}

export interface TestGatewayOptions {
  /** Settings by path, such as `sessions.setUpTimeout`. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** A configuration file. Default: none. */
  readonly file?: string
  /** As in a configuration file. Default: one simulator. */
  readonly networks?: readonly object[]
  /** A folder to start on; it is left as it is. Default: a new one, removed at the end. */
  readonly dataDir?: string
  /** Where log lines go. Default: nowhere. */
  readonly logs?: string[]
}

export const QOD = '/quality-on-demand/v1'
export const PROFILES = '/qos-profiles/v1'

/** The device of the page, by its phone number. */
export const PAGE_DEVICE = { phoneNumber: '+36721601234567' } as const

/** What `create` asks for. */
export const A_SESSION: CreateSession = {
  device: PAGE_DEVICE,
  applicationServer: { ipv4Address: '233.252.0.2' },
  qosProfile: 'QOS_L',
  duration: 3600,
}

/** Runs `use` with a gateway of its own, and closes it whatever happens. */
export async function withGateway<T>(
  use: (gateway: TestGateway) => Promise<T>,
  options: TestGatewayOptions = {},
): Promise<T> {
  const gateway = await startTestGateway(options)
  try {
    return await use(gateway)
  } finally {
    await gateway.close()
  }
}

/** Runs `use` with a folder for gateways that follow one another, and removes it afterwards. */
export async function withDataDir<T>(use: (dataDir: string) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rightofway-test-'))
  try {
    return await use(dataDir)
  } finally {
    rmSync(dataDir, { recursive: true })
  }
}

/** For suites that share one gateway; prefer {@link withGateway}. */
export async function startTestGateway({
  settings,
  file,
  networks,
  dataDir: given,
  logs,
}: TestGatewayOptions = {}): Promise<TestGateway> {
  const logger = logs && pino({ level: 'debug' }, { write: (line: string) => void logs.push(line) })
  const configured = networks === undefined ? undefined : networksFile(networks)
  const hosted = await hostGateway({
    ...{ settings: settings ?? {}, file: file ?? configured?.path, dataDir: given },
    ...(logger && { logger }),
  }).finally(() => configured?.remove())
  const { gateway, dataDir } = hosted
  const sink = await startSink()

  const call: TestGateway['call'] = async (method, path, { body, headers = {}, key = test.key } = {}) => {
    return toAnswer(
      await gateway.app.inject({
        method,
        url: path,
        headers: {
          ...(key !== null && { authorization: `Bearer ${key}` }),
          ...(typeof body === 'object' && { 'content-type': 'application/json' }),
          ...Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
        },
        ...(body !== undefined && { payload: body }),
      }),
    )
  }

  const callAdmin: TestGateway['callAdmin'] = async (method, path, body) =>
    toAnswer(await hosted.callAdmin(method, path, body))

  const admin: TestGateway['admin'] = async (method, path, body) => {
    const answer = await callAdmin(method, path, body)
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`)
    return answer.body as never
  }

  const newKey: TestGateway['newKey'] = (record) => hosted.newKey('test', record)

  const test: TestGateway = {
    ...gateway,
    dataDir,
    key: (await newKey()).key,
    sink,
    call,
    admin,
    callAdmin,
    newKey,
    committed: () =>
      new Promise((resolve) => {
        const stop = gateway.store.work.watchWork(({ session }) => {
          if (session === undefined) return
          stop()
          resolve(session)
        })
      }),
    advance: async (seconds) => void (await admin('POST', '/sandbox/clock/advance', { seconds })),
    async create(body = {}, headers = {}) {
      const answer = await call<SessionInfo & ErrorInfo>('POST', `${QOD}/sessions`, {
        body: { ...A_SESSION, ...body },
        headers,
      })
      if (answer.status !== 201) throw new Error(`create was refused: ${answer.status} ${answer.text}`)
      return answer.body
    },
    async close() {
      await hosted.close()
      await sink.close()
    },
  }
  return test
}

/** A file that is read once, at start. */
function networksFile(networks: readonly object[]): { path: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'rightofway-networks-'))
  const path = join(folder, 'networks.yaml')
  writeFileSync(path, JSON.stringify({ networks }))
  return { path, remove: () => rmSync(folder, { recursive: true }) }
}

function toAnswer<T>({ statusCode, headers, body }: LightMyRequestResponse): Answer<T> {
  const isJson = String(headers['content-type']).startsWith('application/json')
  return {
    status: statusCode,
    headers: headers as Record<string, string | undefined>,
    text: body,
    body: (isJson && body !== '' ? JSON.parse(body) : undefined) as T,
  }
}
