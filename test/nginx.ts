// A real nginx in front of gateways, with its own configuration and on a free port on loopback.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CertificateAuthority } from '../packages/gateway/test/support/certificates.js'

export interface Nginx {
  close(): Promise<void>
}

/** Directives of every configuration that no page shows. */
const surroundings = (servers: string): string => `
${process.getuid?.() === 0 ? 'user root;' : ''}
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path client-bodies;
  proxy_temp_path answers;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  ${servers}
}
`

/** Files of the certificate that a configuration names as `cert.pem` and `key.pem`. */
export async function startNginx(servers: string, port: number, authority: CertificateAuthority): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'rightofway-nginx-'))
  const { cert, key } = authority.issue('localhost', '127.0.0.1')
  writeFileSync(join(folder, 'cert.pem'), cert)
  writeFileSync(join(folder, 'key.pem'), key)
  writeFileSync(join(folder, 'nginx.conf'), surroundings(servers))
  const path = `${process.env['PATH']}:/usr/sbin`
  const nginx = spawn('nginx', ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], {
    env: { ...process.env, PATH: path },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  nginx.stderr.on('data', (text) => {
    said += text
  })
  const ended = once(nginx, 'exit')
  while (!(await isOpen(port))) {
    if (nginx.exitCode !== null) throw new Error(`nginx has ended: ${said}`)
  }
  return {
    async close() {
      nginx.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true })
    },
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
