import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Fastify from 'fastify'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listenAtPort, listenAtSocket } from './listen.js'

describe('an address that cannot be used', () => {
  it('is a port in use, and the error names the setting', async () => {
    const [first, second] = [Fastify(), Fastify()]
    const { port } = new URL(await listenAtPort(first, '127.0.0.1', 0))
    await expect(listenAtPort(second, '127.0.0.1', Number(port))).rejects.toThrow(
      `port ${port} of 127.0.0.1 is in use by another program. Stop that program, or set listen.port`,
    )
    await first.close()
  })

  it('is the address of another machine', async () => {
    await expect(listenAtPort(Fastify(), '192.0.2.1', 0)).rejects.toThrow(
      'listen.host is 192.0.2.1, which is not an address of this machine (EADDRNOTAVAIL).',
    )
  })

  it('is a socket whose path is too long for the kernel, or whose folder is missing', async () => {
    const long = `/tmp/${'a'.repeat(103)}`
    await expect(listenAtSocket(Fastify(), long)).rejects.toThrow(
      `the admin socket ${long} cannot be created: its path has 108 bytes, but at most 107 are allowed. Set ` +
        'admin.socket',
    )
    const nowhere = join('/tmp', 'rightofway-nowhere', 'a.sock')
    await expect(listenAtSocket(Fastify(), nowhere)).rejects.toThrow(`the admin socket ${nowhere} cannot be created: `)
  })
})

describe('the path of the admin socket', () => {
  function folder(): string {
    const dir = mkdtempSync(join(tmpdir(), 'rightofway-socket-'))
    onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
    return dir
  }

  it('keeps an existing file, folder and link, and the error says so', async () => {
    const dir = folder()
    const [file, sub, link] = ['keyring', 'sub', 'link'].map((name) => join(dir, name)) as [string, string, string]
    writeFileSync(file, 'the only copy')
    mkdirSync(sub)
    symlinkSync(file, link)
    for (const path of [file, sub, link]) {
      await expect(listenAtSocket(Fastify(), path)).rejects.toThrow(
        `the admin socket ${path} cannot be created: there is a file or folder that is not a socket. Nothing was ` +
          'changed. Set admin.socket to another path.',
      )
      expect(lstatSync(path).isSocket()).toBe(false)
    }
    expect(readFileSync(file, 'utf8')).toBe('the only copy')
  })

  it('is not removed while a process listens there', async () => {
    const path = join(folder(), 'admin.sock')
    const first = Fastify()
    first.get('/', () => 'first')
    await listenAtSocket(first, path)
    onTestFinished(() => first.close())
    await expect(listenAtSocket(Fastify(), path)).rejects.toThrow('another process listens there')
    const [response] = (await once(get({ socketPath: path, path: '/' }), 'response')) as [IncomingMessage]
    expect(response.statusCode).toBe(200)
    response.resume()
  })

  it('is replaced where a killed process left its socket', async () => {
    const path = join(folder(), 'admin.sock')
    const script = "require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))"
    await once(spawn(process.execPath, ['-e', script, path], { stdio: 'ignore' }), 'exit')
    expect(lstatSync(path).isSocket()).toBe(true)
    const app = Fastify()
    await listenAtSocket(app, path)
    await app.close()
  })
})
