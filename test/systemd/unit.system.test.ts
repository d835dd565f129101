// The unit under a real systemd, on a router that is set up as docs/operate/run-on-a-router.md says.

import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAuthority } from '../../packages/gateway/test/support/certificates.js'
import { CLI } from '../gateway-process.js'
import { bootSystemd, canBootSystemd, type SystemdMachine } from './machine.js'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const contrib = (name: string) => readFileSync(join(ROOT, 'contrib/systemd', name), 'utf8')
const UNIT = contrib('rightofway.service')

const SETTINGS = `
listen:
  host: 10.0.0.1
  tlsCert: /etc/rightofway/cert.pem
  tlsKey: /etc/rightofway/key.pem
directory:
  kind: open
  prefixes: [10.0.0.0/16]
networks:
  - kind: linux
    id: edge
    towardsDevices:
      - interface: lan0
        capacityBps: 95000000
    towardsServers:
      interface: wan0
      capacityBps: 38000000
`

const INSTALL = `
useradd --system --home-dir /var/lib/rightofway --shell /usr/sbin/nologin rightofway
chown -R root:rightofway /etc/rightofway
chmod -R u=rwX,g=rX,o= /etc/rightofway
chmod +x /usr/bin/rightofway
for name in lan0 wan0; do
  ip link add $name type veth peer name $name-peer
  ip link set $name up
  ip link set $name-peer up
done
ip link set lo up
ip addr add 10.0.0.1/16 dev lan0
sysctl -qw net.ipv4.ip_forward=1
systemctl daemon-reload
`

// Each test starts a gateway more than once.
describe.skipIf(!canBootSystemd())('the unit, under systemd', { timeout: 300_000 }, () => {
  let machine: SystemdMachine
  const authority = createAuthority()

  const shell = (script: string) => machine.run('sh', '-ec', script)
  const shown = async (name: string) =>
    (await machine.run('systemctl', 'show', 'rightofway', '--property', name, '--value')).trim()
  /** Polls until the condition is true; the time limit is that of the test. */
  const becomes = async (question: () => Promise<boolean>) => {
    while (!(await question())) await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const isActive = async () => (await shown('ActiveState')) === 'active'
  const journal = () => machine.run('journalctl', '--unit', 'rightofway', '--output', 'cat')
  const logged = async (message: string) => (await journal()).includes(message)
  const withJournal = async (cause: unknown): Promise<never> => {
    throw new Error(await journal(), { cause })
  }
  const install = async () => {
    const { cert, key } = authority.issue('10.0.0.1')
    await machine.write('/etc/rightofway/cert.pem', cert)
    await machine.write('/etc/rightofway/key.pem', key)
  }
  /** An override, as `systemctl edit` writes it. */
  const override = async (text: string) => {
    await machine.write('/etc/systemd/system/rightofway.service.d/override.conf', text)
    await machine.run('systemctl', 'daemon-reload')
  }

  beforeAll(async () => {
    machine = await bootSystemd()
    await machine.write('/etc/rightofway/gateway.yaml', SETTINGS)
    await install()
    await machine.write('/etc/systemd/system/rightofway.service', UNIT)
    for (const name of ['rightofway-backup.service', 'rightofway-backup.timer']) {
      await machine.write(`/etc/systemd/system/${name}`, contrib(name))
    }
    await machine.write(
      '/usr/bin/rightofway',
      `#!/bin/sh\nexec /srv/node '/srv/repository/${relative(ROOT, CLI)}' "$@"\n`,
    )
    await shell(INSTALL)
  })
  afterAll(() => machine.close())

  it('starts with all restrictions, and is ready when the gateway listens', async () => {
    await machine.run('systemctl', 'start', 'rightofway').catch(withJournal)
    expect(await shown('StatusText')).toBe('Listening at https://10.0.0.1:8080')
    const status = await machine.run('cat', `/proc/${await shown('MainPID')}/status`)
    // A filter of system calls, and CAP_NET_ADMIN alone.
    expect(status).toMatch(/^Seccomp:\t2$/m)
    expect(status).toMatch(/^CapEff:\t0000000000001000$/m)
    expect(await shell('rightofway network status --data-dir /var/lib/rightofway')).toMatch(/kernel +no differences/)
    expect(await shell('tc qdisc show dev lan0; tc qdisc show dev wan0')).toMatch(/htb 7277: root[\s\S]*htb 7278: root/)
  })

  it('reloads its certificate with a reload of the unit', async () => {
    const before = await shown('MainPID')
    await install()
    await machine.run('systemctl', 'reload', 'rightofway')
    await becomes(() => logged('the certificate and its key were reloaded'))
    expect(await shown('MainPID')).toBe(before)
  })

  it('stops at once and cleanly, and leaves no process behind', async () => {
    await machine.run('systemctl', 'stop', 'rightofway')
    expect(await shown('Result')).toBe('success')
    expect(await shown('ExecMainStatus')).toBe('0')
    expect(await shell('pgrep --uid rightofway || true')).toBe('')
    expect(await logged('sessions continue without this process')).toBe(true)
    // The rules in the kernel stay, and are adopted.
    expect(await shell('nft list tables; tc qdisc show dev lan0')).toMatch(/inet rightofway[\s\S]*htb 7277: root/)
    await machine.run('systemctl', 'start', 'rightofway')
    expect(await shell('rightofway network status --data-dir /var/lib/rightofway')).toMatch(/repairs +0 since start/)
  })

  it('is backed up every night, and a restore brings lost data back', async () => {
    const data = '--data-dir /var/lib/rightofway'
    await shell(`systemctl enable --now rightofway-backup.timer; rightofway keys create drill ${data}`)
    const next = await shell('systemctl show rightofway-backup.timer --property NextElapseUSecRealtime --value')
    expect(next).toMatch(/ 03:[0-2]\d:/)
    await machine.run('systemctl', 'start', 'rightofway-backup')
    // A second backup of the same day replaces it.
    await machine.run('systemctl', 'start', 'rightofway-backup')
    const [copy = '', ...others] = (await shell('ls /var/lib/rightofway-backup')).trim().split('\n')
    expect(copy).toMatch(/^day-[1-7]\.db$/)
    expect(others).toEqual([])
    const file = `/var/lib/rightofway-backup/${copy}`
    expect(await shell(`stat --format '%a %U' ${file} /var/lib/rightofway-backup`)).toBe(
      '600 rightofway\n700 rightofway\n',
    )

    await shell(`rightofway keys create later ${data}; systemctl stop rightofway; rm /var/lib/rightofway/store.db*`)
    await shell(`runuser -u rightofway -- rightofway restore ${file} ${data}; systemctl start rightofway`)
    const keys = await shell(`rightofway keys list ${data}`)
    expect(keys).toContain(' drill ')
    expect(keys).not.toContain(' later ')
    expect(await shell(`rightofway network status ${data}`)).toMatch(/kernel +no differences/)
  })

  it('restarts a gateway that hangs', async () => {
    await override('[Service]\nWatchdogSec=2\n')
    await machine.run('systemctl', 'restart', 'rightofway')
    const before = await shown('MainPID')
    await machine.run('kill', '-STOP', before)
    await becomes(async () => (await shown('NRestarts')) !== '0' && (await isActive()))
    expect(await shown('MainPID')).not.toBe(before)
    await override('')
  })

  it('is restarted as long as it cannot start, and starts when it can', async () => {
    const away = `${SETTINGS}
publicUrl: https://10.0.0.1:8080
store:
  url: postgres://nobody@10.0.0.1:5432/none?sslmode=disable
  startTimeout: 1
keyring:
  keys: ${Buffer.alloc(32, 1).toString('base64')}
`
    await machine.write('/etc/rightofway/gateway.yaml', away)
    await machine.run('systemctl', 'restart', '--no-block', 'rightofway')
    const before = Number(await shown('NRestarts'))
    await becomes(async () => Number(await shown('NRestarts')) >= before + 2)
    expect(await shown('StartLimitIntervalUSec')).toBe('0')
    expect(await logged('the database at 10.0.0.1:5432 (store.url) cannot be used: connect ECONNREFUSED')).toBe(true)
    await machine.write('/etc/rightofway/gateway.yaml', SETTINGS)
    await becomes(isActive)
  })

  it('is refused with a message beside another gateway of this machine, and takes over after its stop', async () => {
    await machine.write('/etc/rightofway/standby.yaml', SETTINGS.replace('listen:', 'listen:\n  port: 8081'))
    const second = UNIT.replaceAll('/var/lib/rightofway', '/var/lib/standby')
      .replace('gateway.yaml', 'standby.yaml')
      .replace('StateDirectory=rightofway', 'StateDirectory=standby')
    await machine.write('/etc/systemd/system/standby.service', second)
    await shell('chmod g=r /etc/rightofway/standby.yaml; chgrp rightofway /etc/rightofway/standby.yaml')
    await machine.run('systemctl', 'daemon-reload')
    await machine.run('systemctl', 'start', '--no-block', 'standby')
    const ofStandby = (property: string) =>
      machine.run('systemctl', 'show', 'standby', '--property', property, '--value')
    await becomes(async () => Number(await ofStandby('NRestarts')) >= 2)
    const words = await machine.run('journalctl', '--unit', 'standby', '--output', 'cat')
    expect(words).toMatch(/another gateway leads the network of this machine.*\/var\/lib\/rightofway/)
    expect(await shell('rightofway network status --data-dir /var/lib/rightofway')).toMatch(/repairs +0 since start/)
    await machine.run('systemctl', 'stop', 'rightofway')
    await becomes(async () => (await ofStandby('ActiveState')).trim() === 'active')
    expect(await shell('rightofway network status --data-dir /var/lib/standby')).toMatch(/kernel +no differences/)
    await machine.run('systemctl', 'stop', 'standby')
  })
})
