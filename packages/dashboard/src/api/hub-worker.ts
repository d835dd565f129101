// The hub as a SharedWorker: it lives as long as any tab.

import { type FromTab, openHub } from './session-hub.js'

const hub = openHub()

;(globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = ({ ports }) => {
  const [port] = ports
  if (port !== undefined) port.onmessage = ({ data }: MessageEvent<FromTab>) => hub.take(port, data)
}
