// Names to addresses. The system's own resolver (getaddrinfo) works in a handful of threads: a few names whose servers
// never answer would block them all, and with them every delivery. So name servers are asked first, where
// waiting costs no thread, and the system is asked only for names that they do not know: those of /etc/hosts and
// of search domains.

import { lookup, Resolver } from 'node:dns/promises'

/** All addresses of a host name. Rejects if there are none. */
export type Resolve = (hostname: string) => Promise<readonly string[]>

export interface ResolverOptions {
  /** Milliseconds until a name server that does not answer is given up. */
  readonly timeoutMs: number
  /** Name servers, as `address` or `address:port`. Default: the system's. */
  readonly servers?: readonly string[] | undefined
}

/** Threads that may wait in getaddrinfo; libuv has four, and others need some. */
const SYSTEM_LOOKUPS = 2
const TRIES = 2
/** No such name, no address of this family, and no name server at all. One that does not answer is none of them. */
const UNKNOWN: ReadonlySet<string> = new Set(['ENOTFOUND', 'ENODATA', 'ECONNREFUSED'])

export function networkResolver({ timeoutMs, servers }: ResolverOptions): Resolve {
  const system = limited(SYSTEM_LOOKUPS, async (hostname: string) =>
    (await lookup(hostname, { all: true })).map(({ address }) => address),
  )
  return async (hostname) => {
    // Created again, because the system's name servers may have changed.
    const resolver = new Resolver({ timeout: Math.ceil(timeoutMs / TRIES), tries: TRIES })
    if (servers !== undefined) resolver.setServers(servers)
    const answers = await Promise.allSettled([resolver.resolve6(hostname), resolver.resolve4(hostname)])
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (addresses.length > 0) return addresses
    for (const answer of answers) {
      if (answer.status === 'rejected' && !UNKNOWN.has((answer.reason as NodeJS.ErrnoException).code ?? '')) {
        throw answer.reason
      }
    }
    return system(hostname)
  }
}

/** The same function, with at most `limit` calls of it under way; the others wait for their turn. */
function limited<A, R>(limit: number, call: (argument: A) => Promise<R>): (argument: A) => Promise<R> {
  let free = limit
  const waiting: (() => void)[] = []
  return async (argument) => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve))
    else free--
    try {
      return await call(argument)
    } finally {
      const next = waiting.shift()
      if (next === undefined) free++
      else next()
    }
  }
}
