// The metrics. Labels are operations, statuses and networks, never applications, sessions or devices.

import { existsSync, readdirSync } from 'node:fs'
import type { NetworkId } from '@rightofway/camara'
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { QueueStats } from '../domain/queue.js'
import type { ApiNetworkFigures, NetworkFigures } from '../ports/network-figures.js'
import type { Store } from '../ports/store/store.js'
import { openFilesLimit } from './open-files.js'

const LATENCY_S = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

export class Metrics {
  readonly registry = new Registry()
  readonly #requests = new Histogram({
    name: 'rightofway_http_request_seconds',
    help: 'Time from the first byte of a request to the last of its answer',
    labelNames: ['operation', 'status'] as const,
    buckets: LATENCY_S,
    registers: [this.registry],
  })
  readonly #timers = new Histogram({
    name: 'rightofway_session_end_lateness_seconds',
    help: 'Delay between expiresAt and the commit of the end of a session',
    buckets: LATENCY_S,
    registers: [this.registry],
  })
  readonly #network = new Histogram({
    name: 'rightofway_network_answer_seconds',
    help: 'Time that a network took to answer',
    labelNames: ['network', 'task', 'result'] as const,
    buckets: LATENCY_S,
    registers: [this.registry],
  })
  readonly #attempts = new Counter({
    name: 'rightofway_event_attempts_total',
    help: 'Attempts to deliver events',
    labelNames: ['result'] as const,
    registers: [this.registry],
  })
  readonly #firstAttempts = new Histogram({
    name: 'rightofway_event_first_attempt_lateness_seconds',
    help: 'Delay between the due time and the start of the first attempt to deliver an event',
    buckets: LATENCY_S,
    registers: [this.registry],
  })
  readonly #retries = new Histogram({
    name: 'rightofway_event_retry_lateness_seconds',
    help: 'Delay between the due time and the start of a further attempt to deliver an event',
    buckets: LATENCY_S,
    registers: [this.registry],
  })

  readonly #callbacks = new Counter({
    name: 'rightofway_network_callbacks_total',
    help: 'Messages that came to the listener for networks behind an API: kept, forged, malformed, or failed to be kept',
    labelNames: ['result'] as const,
    registers: [this.registry],
  })

  readonly #shortTokens = new Counter({
    name: 'rightofway_event_short_tokens_total',
    help: 'Answers with a warning that the access token of the sink expires before its session',
    registers: [this.registry],
  })

  constructor(store: Store, networks: readonly NetworkId[]) {
    const { registry } = this
    new Gauge({
      name: 'rightofway_event_deliveries',
      help: 'Sessions with an event waiting for delivery, and dead letters',
      labelNames: ['state'] as const,
      registers: [registry],
      async collect() {
        const { waiting, dead } = await store.events.countDeliveries()
        this.set({ state: 'waiting' }, waiting)
        this.set({ state: 'dead' }, dead)
      },
    })
    new Gauge({
      name: 'rightofway_network_tasks',
      help: 'Tasks waiting for a network',
      labelNames: ['network'] as const,
      registers: [registry],
      async collect() {
        for (const network of networks) this.set({ network }, await store.work.countTasks(network))
      },
    })
    new Gauge({
      name: 'rightofway_network_driven',
      help: '1 while a gateway leads the network, else 0',
      labelNames: ['network'] as const,
      registers: [registry],
      async collect() {
        const { leaders } = await store.gateways.report()
        for (const network of networks) this.set({ network }, leaders.has(network) ? 1 : 0)
      },
    })
    addOpenFiles(registry)
    new Gauge({
      name: 'rightofway_gateways',
      help: 'Gateways running on this store',
      registers: [registry],
      async collect() {
        this.set((await store.gateways.report()).gateways.length)
      },
    })
    new Gauge({
      name: 'rightofway_clock_offset_seconds',
      help: 'How far the clock of this machine is ahead of the clock of the store',
      registers: [registry],
      async collect() {
        this.set((await store.gateways.report()).clockOffsetMs / 1000)
      },
    })
  }

  /** @param read called whenever somebody asks for the metrics */
  addNetwork(network: NetworkId, read: () => NetworkFigures): void {
    const { registry } = this
    const link = ['network', 'interface'] as const
    const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
      new Gauge({ name, help, labelNames, registers: [registry] })
    // The first of them reads for all: they are collected in the order in which they were made.
    new Gauge({
      name: 'rightofway_network_sessions',
      help: 'Reservations of a network',
      labelNames: ['network'] as const,
      registers: [registry],
      collect() {
        const { links, sessions, repairs: repaired, troubles: troubled } = read()
        this.set({ network }, sessions)
        repairs.set({ network }, repaired)
        troubles.set({ network }, troubled.length)
        trouble.reset()
        for (const text of troubled) trouble.set({ network, trouble: text }, 1)
        for (const { interface: name, capacityBps, guaranteedBps, up: isUp, bytes: carried, dropped: lost } of links) {
          const labels = { network, interface: name }
          up.set(labels, isUp ? 1 : 0)
          capacity.set(labels, capacityBps)
          guaranteed.set(labels, guaranteedBps)
          bytes.set(labels, carried)
          dropped.set(labels, lost)
        }
      },
    })
    const repairs = gauge(
      'rightofway_network_repairs',
      'Times that the kernel differed from the applied state and was repaired',
      ['network'],
    )
    const troubles = gauge('rightofway_network_troubles', 'Number of problems of a network', ['network'])
    const trouble = gauge('rightofway_network_trouble', 'The problems of a network, each with its description', [
      'network',
      'trouble',
    ])
    const up = gauge('rightofway_link_up', '1 while an interface treats packets as it should, else 0', link)
    const capacity = gauge('rightofway_link_capacity_bits_per_second', 'Rate that an interface may send', link)
    const guaranteed = gauge(
      'rightofway_link_guaranteed_bits_per_second',
      'Rate of an interface that is guaranteed to sessions',
      link,
    )
    const bytes = gauge('rightofway_link_session_bytes', 'Traffic of sessions since the process began', link)
    const dropped = gauge(
      'rightofway_link_session_dropped_packets',
      'Packets of sessions dropped because they exceeded the granted rate',
      link,
    )
  }

  /** Networks behind an API. */
  addApiNetworks(networks: ReadonlyMap<NetworkId, ApiNetworkFigures>): void {
    if (networks.size === 0) return
    // They are read at the same time: none can set what another shows.
    const gauge = (name: string, help: string, read: (network: ApiNetworkFigures) => Promise<number>) =>
      new Gauge({
        ...{ name, help, labelNames: ['network'] as const, registers: [this.registry] },
        async collect() {
          for (const [network, source] of networks) this.set({ network }, await read(source))
        },
      })
    gauge(
      'rightofway_api_network_reservations',
      'Reservations that a network behind an API holds, works on, or is asked to let go',
      async (network) => (await network.figures()).held,
    )
    gauge(
      'rightofway_api_network_orphans',
      'Requests to a network whose answers were lost, and for which it may hold something that nobody ends',
      async (network) => (await network.figures()).orphans,
    )
    gauge(
      'rightofway_api_network_up',
      '1 while a network behind an API answers, 0 while it does not',
      async (network) => (network.isOpen ? 0 : 1),
    )
  }

  /** @param read by part: how many sessions are held without it */
  addCombinedNetwork(
    network: NetworkId,
    parts: readonly string[],
    read: () => ReadonlyMap<string, { readonly sessions: number }>,
  ): void {
    this.#incomplete ??= new Gauge({
      name: 'rightofway_combined_network_incomplete',
      help: 'Sessions of a combined network that are held without a part',
      labelNames: ['network', 'part'] as const,
      registers: [this.registry],
      collect: () => {
        for (const show of this.#showIncomplete) show()
      },
    })
    const gauge = this.#incomplete
    this.#showIncomplete.push(() => {
      const incomplete = read()
      for (const part of parts) gauge.set({ network, part }, incomplete.get(part)?.sessions ?? 0)
    })
  }

  #incomplete: Gauge<'network' | 'part'> | undefined
  readonly #showIncomplete: (() => void)[] = []

  readonly onCallback = (result: string): void => this.#callbacks.inc({ result })

  /** The histograms of requests by label, cached: a lookup by label costs more than counting. */
  readonly #byAnswer = new Map<string, ReturnType<typeof this.labels>>()

  readonly onAnswer = (operation: string, status: number, ms: number): void => {
    const key = `${operation} ${status}`
    let labelled = this.#byAnswer.get(key)
    if (labelled === undefined) {
      labelled = this.labels(operation, status)
      this.#byAnswer.set(key, labelled)
    }
    labelled.observe(ms / 1000)
  }

  readonly onTimer = (latenessMs: number): void => this.#timers.observe(Math.max(0, latenessMs) / 1000)

  onNetworkAnswer(network: NetworkId, task: string, result: string, ms: number): void {
    this.#network.observe({ network, task, result }, ms / 1000)
  }

  /** Counters by result, cached: a lookup by label costs more than counting. */
  readonly #attemptsBy = new Map<string, ReturnType<typeof this.attemptsOf>>()

  readonly onAttempt = (result: string, latenessMs: number, first: boolean): void => {
    let attempts = this.#attemptsBy.get(result)
    if (attempts === undefined) {
      attempts = this.attemptsOf(result)
      this.#attemptsBy.set(result, attempts)
    }
    attempts.inc()
    if (first) this.#firstAttempts.observe(Math.max(0, latenessMs) / 1000)
    else this.#retries.observe(Math.max(0, latenessMs) / 1000)
  }

  readonly onShortToken = (): void => this.#shortTokens.inc()

  /** The state of the delivery queues, read with the metrics. */
  watchQueues(stats: () => QueueStats): void {
    new Gauge({
      name: 'rightofway_event_attempts_under_way',
      help: 'Attempts to deliver events in progress, by share: quick and slow sinks',
      labelNames: ['pool'] as const,
      registers: [this.registry],
      collect() {
        const { underWay } = stats()
        this.set({ pool: 'quick' }, underWay.quick)
        this.set({ pool: 'slow' }, underWay.slow)
      },
    })
    new Gauge({
      name: 'rightofway_event_queues',
      help:
        'Queues (an application and a host) that are held (events are due, but the limit of attempts is reached) ' +
        'or slow',
      labelNames: ['state'] as const,
      registers: [this.registry],
      collect() {
        const { held, slow } = stats()
        this.set({ state: 'held' }, held)
        this.set({ state: 'slow' }, slow)
      },
    })
  }

  private attemptsOf(result: string) {
    return this.#attempts.labels(result)
  }

  private labels(operation: string, status: number) {
    return this.#requests.labels(operation, String(status))
  }
}

/** By the names that every client of Prometheus has for them. Nothing where the system does not say. */
function addOpenFiles(registry: Registry): void {
  const files = '/proc/self/fd'
  if (!existsSync(files)) return
  new Gauge({
    name: 'process_open_fds',
    help: 'Open files and connections of the process',
    registers: [registry],
    // The one with which they are counted is not.
    collect() {
      this.set(readdirSync(files).length - 1)
    },
  })
  const limit = openFilesLimit()
  if (limit !== undefined) {
    new Gauge({ name: 'process_max_fds', help: 'Limit of open files', registers: [registry] }).set(limit)
  }
}
