// The messages of a gateway to systemd, received by a datagram socket in its place.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { startGatewayProcess } from '../gateway-process.js'

/** Prints each message as JSON. Attached descriptors (BARRIER=1) are closed, as systemd does. */
const LISTENER = `
import json, socket, sys
notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
notify.bind(sys.argv[1])
print(json.dumps('listening'), flush=True)
while True:
    print(json.dumps(notify.recv(4096).decode()), flush=True)
`

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-systemd-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

async function listenAt(path: string): Promise<AsyncIterator<string>> {
  const listener = spawn('python3', ['-c', LISTENER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    const closed = once(listener, 'close')
    listener.kill()
    await closed
  })
  const heard = messages(createInterface(listener.stdout))
  expect((await heard.next()).value).toBe('listening')
  return heard
}

async function* messages(lines: Interface): AsyncGenerator<string, void> {
  for await (const line of lines) {
    const message = (JSON.parse(line) as string).trim()
    if (message !== 'BARRIER=1') yield message
  }
}

it('tells systemd that it listens, that it is alive, and that it stops', async () => {
  const dir = folder()
  const socket = join(dir, 'notify')
  const heard = await listenAt(socket)
  const gateway = await startGatewayProcess({
    dataDir: join(dir, 'data'),
    env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '400000' },
  })
  onTestFinished(() => gateway.signal('SIGKILL'))
  expect((await heard.next()).value).toBe(`READY=1\nSTATUS=Listening at ${gateway.url}`)
  expect((await heard.next()).value).toBe('WATCHDOG=1')
  expect((await heard.next()).value).toBe('WATCHDOG=1')
  await gateway.signal('SIGTERM')
  expect(gateway.process.exitCode).toBe(0)
  let last = await heard.next()
  while (last.value === 'WATCHDOG=1') last = await heard.next()
  expect(last.value).toBe('STOPPING=1\nSTATUS=Stopping')
})

it('continues where systemd cannot be reached, and logs it once', async () => {
  const dir = folder()
  const gateway = await startGatewayProcess({
    dataDir: join(dir, 'data'),
    env: { NOTIFY_SOCKET: join(dir, 'nobody'), WATCHDOG_USEC: '200000' },
  })
  onTestFinished(() => gateway.signal('SIGKILL'))
  await gateway.signal('SIGTERM')
  expect(gateway.process.exitCode).toBe(0)
  expect(gateway.output.match(/systemd-notify could not notify systemd: /g)).toHaveLength(1)
})
