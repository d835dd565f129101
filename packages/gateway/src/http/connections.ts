// The connections of a server. Beyond the limit of open files the kernel accepts connections that get no answer. They
// are refused here instead, and counted.

import type { Server } from 'node:net'
import type { Logger } from 'pino'
import { connectionsWithin, openFilesLimit } from '../observability/open-files.js'

/** Minimum time between two log lines while connections are refused. */
const SAY_EVERY_MS = 10_000

/**
 * Bounds the connections of a server, and logs how many it refused.
 * @param limit of open files. Default: that of the process
 */
export function boundConnections(server: Server, log: Logger, limit = openFilesLimit()): { close(): void } {
  if (limit === undefined) return { close: () => undefined }
  server.maxConnections = Math.floor(connectionsWithin(limit))
  let refused = 0
  let timer: NodeJS.Timeout | undefined
  const say = () => {
    timer = undefined
    if (refused === 0) return
    log.warn(
      { refused, maxConnections: server.maxConnections, openFiles: limit },
      'connections were refused: the limit of open files is reached (ulimit -n, LimitNOFILE=)',
    )
    refused = 0
    timer = setTimeout(say, SAY_EVERY_MS).unref()
  }
  server.on('drop', () => {
    refused++
    if (timer === undefined) say()
  })
  return {
    close() {
      clearTimeout(timer)
      timer = undefined
      say()
      clearTimeout(timer)
    },
  }
}
