// Files of devices, parsed in a thread: a YAML file of 14 000 devices takes two seconds, and the gateway would answer no
// request meanwhile.

import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { QodError } from '@rightofway/camara'
import type { DeviceRecord } from '../../ports/store/devices.js'
import { type FileFormat, readDevices } from './device-files.js'

/** The input of the thread. */
export interface DeviceFile {
  readonly format: FileFormat
  readonly text: string
}

/** The messages of the thread: a batch of devices for each request, or a refusal. It exits after the last batch. */
export type DeviceFileAnswer = { readonly piece: readonly DeviceRecord[] } | { readonly refusal: string }

const THREAD = new URL('./device-files-thread.js', import.meta.url)

/** Megabytes. */
const MAX_HEAP_MB = 2_048

/** Some small files take very long to parse. */
const MAX_SECONDS = 300

/** Threads run one after the other: the machine may have only two cores. */
let last: Promise<unknown> = Promise.resolve()

/**
 * As {@link readDevices}, without delaying other requests. Where a loader compiles sources on import there is
 * no file for the thread; then the file is parsed in this thread.
 * @throws {QodError} `INVALID_ARGUMENT`; `PAYLOAD_TOO_LARGE` the file needs too much memory or time
 */
export async function readDevicesOffLoop(format: FileFormat, text: string): Promise<DeviceRecord[]> {
  if (!existsSync(fileURLToPath(THREAD))) return readDevices(format, text)
  const turn = last.then(() => readInThread({ format, text }))
  last = turn.catch(() => undefined)
  return turn
}

function readInThread(workerData: DeviceFile): Promise<DeviceRecord[]> {
  return new Promise((resolve, reject) => {
    const resourceLimits = { maxOldGenerationSizeMb: MAX_HEAP_MB }
    const worker = new Worker(THREAD, { workerData, resourceLimits, name: 'device-files' })
    const devices: DeviceRecord[] = []
    const limit = setTimeout(() => {
      reject(new QodError('PAYLOAD_TOO_LARGE', `The file takes more than ${MAX_SECONDS} s to read.`))
      worker.terminate().catch(reject)
    }, MAX_SECONDS * 1_000)
    worker.on('message', (answer: DeviceFileAnswer) => {
      if ('refusal' in answer) return reject(new QodError('INVALID_ARGUMENT', answer.refusal))
      devices.push(...answer.piece)
      // After other pending work: Node takes all received messages in one turn of the event loop.
      setImmediate(() => worker.postMessage('next'))
    })
    worker.once('error', (error: NodeJS.ErrnoException) => {
      const tooLarge = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      reject(tooLarge ? new QodError('PAYLOAD_TOO_LARGE', 'The file needs too much memory.', { cause: error }) : error)
    })
    worker.once('exit', () => {
      clearTimeout(limit)
      resolve(devices)
    })
  })
}
