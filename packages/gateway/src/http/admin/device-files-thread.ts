// The thread of `device-files-off-loop.ts`: it parses one file.

import { parentPort, workerData } from 'node:worker_threads'
import { QodError } from '@rightofway/camara'
import { readDevices } from './device-files.js'
import type { DeviceFile, DeviceFileAnswer } from './device-files-off-loop.js'

/** Devices in one message: the main thread handles a message without a pause. */
const PIECE = 500

if (parentPort === null) throw new Error('this file is a thread of its own: start it with readDevicesOffLoop')
const port = parentPort
const { format, text } = workerData as DeviceFile
const answer = (what: DeviceFileAnswer) => port.postMessage(what)

try {
  const devices = readDevices(format, text)
  let at = 0
  const next = () => {
    answer({ piece: devices.slice(at, at + PIECE) })
    at += PIECE
    if (at >= devices.length) port.close()
  }
  port.on('message', next)
  next()
} catch (error) {
  if (!(error instanceof QodError)) throw error
  answer({ refusal: error.message })
}
