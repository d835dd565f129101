// The commands of a station. Times are milliseconds of the machine's monotonic clock, which all namespaces share.

export interface StationOrders {
  /** Receives UDP and TCP on a port, counts bytes, and sends probes back. Default: on all addresses. */
  listen(order: { port: number; address?: string }): void
  /** Bytes received on a port since `listen`. */
  received(order: { port: number }): Received
  /** Sends UDP at a steady rate until it is stopped. */
  send(order: SendOrder): void
  /** Sends TCP as fast as possible, until it is stopped. */
  push(order: PushOrder): void
  /** Sends small datagrams at even intervals and records their returns, until it is stopped. */
  probe(order: ProbeOrder): void
  /** The samples of a probe so far. The last ones may still be in flight. */
  probed(order: { id: string }): readonly ProbeSample[]
  stop(order: { id: string }): Sent
  /** Sends an HTTP request from the station. */
  request(order: HttpRequest): Promise<HttpAnswer>
  /** Sends one datagram. Resolves with whether it returned in time. */
  ping(order: PingOrder): Promise<boolean>
}

export interface SendOrder {
  readonly id: string
  /** Addresses to send to, one datagram after the other. */
  readonly to: readonly string[]
  readonly port: number
  readonly localPort?: number
  readonly localAddress?: string
  readonly bitsPerSecond: number
  /** UDP payload. */
  readonly bytes: number
  /** Default: the system's. */
  readonly ttl?: number
}

export interface PushOrder {
  readonly id: string
  readonly to: string
  readonly port: number
  /** Of the first stream; those of the others follow. */
  readonly localPort?: number
  readonly localAddress?: string
  readonly streams: number
}

export interface ProbeOrder {
  readonly id: string
  readonly to: string
  readonly port: number
  readonly localPort?: number
  readonly localAddress?: string
  readonly intervalMs: number
  /** UDP payload, at least 16. */
  readonly bytes: number
}

export interface HttpRequest {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface PingOrder {
  readonly to: string
  readonly port: number
  readonly localPort?: number
  readonly localAddress?: string
  /** UDP payload, at least 16. Default: 16. */
  readonly bytes?: number
  readonly timeoutMs: number
}

export interface ProbeSample {
  readonly sentAt: number
  /** Absent: lost, or not yet back. */
  readonly roundTripMs?: number
}

/** Bytes that arrived, in slots of {@link SLOT_MS}, UDP and TCP payload together. */
export interface Received {
  /** Time of the first slot. */
  readonly since: number
  readonly bytes: readonly number[]
  readonly datagrams: number
}

export interface Sent {
  readonly datagrams: number
}

export const SLOT_MS = 100

export type OrderName = keyof StationOrders

/** A message to a station, and its answer. */
export interface OrderMessage {
  readonly number: number
  readonly name: OrderName
  readonly order: unknown
}

export interface AnswerMessage {
  readonly number: number
  readonly result?: unknown
  readonly error?: string
}
