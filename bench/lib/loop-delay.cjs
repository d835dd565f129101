// Loaded into a gateway before anything else (`node --require`): how long its event loop kept timers waiting, told when
// the parent asks. The histogram begins anew with each answer.

const { monitorEventLoopDelay } = require('node:perf_hooks')
const { isMainThread } = require('node:worker_threads')

/** Milliseconds between two looks; they are part of what the histogram counts. */
const RESOLUTION_MS = 1

// Threads load it as well, and have no parent.
if (isMainThread) {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  const toMs = (nanoseconds) => nanoseconds / 1e6 - RESOLUTION_MS
  process.on('message', (message) => {
    if (message !== 'loop delay') return
    process.send({ p50: toMs(histogram.percentile(50)), p99: toMs(histogram.percentile(99)), max: toMs(histogram.max) })
    histogram.reset()
  })
  // A gateway does not wait for more of these when it stops.
  process.channel?.unref()
}
