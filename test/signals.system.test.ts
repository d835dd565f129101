// Signals to a gateway.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createAuthority } from '../packages/gateway/test/support/certificates.js'
import { simulatedNetworkFile } from '../packages/gateway/test/support/simulated-network.js'
import { CLI, type GatewayProcess, startGatewayProcess } from './gateway-process.js'

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-signals-'))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

async function serve(dir: string, flags: readonly string[] = []): Promise<GatewayProcess> {
  const gateway = await startGatewayProcess({ dataDir: join(dir, 'data'), flags: ['--log-level', 'info', ...flags] })
  onTestFinished(() => gateway.signal('SIGKILL'))
  return gateway
}

/** The next line of the log with that message. */
function logged({ process: { stdout } }: GatewayProcess, message: string): Promise<Record<string, unknown>> {
  return new Promise((resolve) => {
    let text = ''
    stdout?.on('data', (more: string) => {
      text += more
      const lines = text.split('\n')
      text = lines.pop() as string
      const found = lines.map((line) => JSON.parse(line) as Record<string, unknown>).find(({ msg }) => msg === message)
      if (found !== undefined) resolve(found)
    })
  })
}

/** Fingerprint of the certificate that is served to a new connection. */
async function served({ url }: GatewayProcess, ca: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), ca, servername: 'localhost' })
  await once(socket, 'secureConnect')
  const { fingerprint256 } = socket.getPeerCertificate()
  socket.destroy()
  return fingerprint256
}

describe('SIGHUP', () => {
  it('makes a gateway reload its certificate, and keep the old one if the new one is invalid', async () => {
    const dir = folder()
    const authority = createAuthority()
    const [certFile, keyFile] = [join(dir, 'cert.pem'), join(dir, 'key.pem')]
    const install = (cert: string, key: string) => {
      writeFileSync(certFile, cert)
      writeFileSync(keyFile, key)
    }
    const first = authority.issue('localhost')
    install(first.cert, first.key)
    const gateway = await serve(dir, ['--listen-tls-cert', certFile, '--listen-tls-key', keyFile])
    const before = await served(gateway, authority.cert)

    const second = authority.issue('localhost')
    install(second.cert, first.key)
    const refused = logged(gateway, 'the certificate cannot be reloaded: the old one is still in use')
    gateway.process.kill('SIGHUP')
    expect(await refused).toMatchObject({ certificate: certFile })
    expect(await served(gateway, authority.cert)).toBe(before)

    install(second.cert, second.key)
    const read = logged(gateway, 'the certificate and its key were reloaded')
    gateway.process.kill('SIGHUP')
    expect(await read).toMatchObject({ certificate: certFile, key: keyFile })
    expect(await served(gateway, authority.cert)).not.toBe(before)
    await gateway.signal('SIGTERM')
    expect(gateway.process.exitCode).toBe(0)
  })
})

describe('every other signal that would end a gateway', () => {
  it.each(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGALRM'] as const)(
    'stops it cleanly: %s',
    async (signal) => {
      const dir = folder()
      const gateway = await serve(dir)
      await gateway.signal(signal)
      expect(gateway.process.exitCode).toBe(0)
      expect(existsSync(join(dir, 'data', 'admin.sock'))).toBe(false)
    },
  )

  it.each([
    ['with a body that drips', 'POST /oauth2/token HTTP/1.1\r\nHost: x\r\nContent-Length: 400\r\n\r\n'],
    [
      'refused, its body still on its way',
      'POST /quality-on-demand/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 400\r\n\r\n',
    ],
    ['with a head that drips', 'GET / HTTP/1.1\r\nHost: x\r\nX-Slow: '],
    ['with nothing said yet', ''],
  ])('stops it cleanly while somebody holds a connection %s', async (_, begin) => {
    const gateway = await serve(folder(), ['--sandbox'])
    const socket = connectTcp(Number(new URL(gateway.url).port), '127.0.0.1')
    await once(socket, 'connect')
    socket.on('error', () => undefined)
    socket.write(begin)
    const drip = setInterval(() => socket.write('x'), 200)
    const closed = new Promise((resolve) => socket.once('close', resolve))
    onTestFinished(() => clearInterval(drip))
    await gateway.signal('SIGTERM')
    expect(gateway.process.exitCode).toBe(0)
    await closed
  })

  it('stops it cleanly during the start', async () => {
    const dir = folder()
    const args = ['--config', simulatedNetworkFile(dir), '--data-dir', join(dir, 'data'), '--listen-port', '0']
    const child = spawn(process.execPath, [CLI, 'serve', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
    })
    const ended = once(child, 'close')
    // The first file that a start creates.
    await expect.poll(() => existsSync(join(dir, 'data', 'store.db.lock')), { timeout: 60_000, interval: 2 }).toBe(true)
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    expect(said).toBe('')
    expect(existsSync(join(dir, 'data', 'admin.sock'))).toBe(false)
  })
})
