// docs/operate/run-on-a-router.md, followed on a router in a namespace: first boot under the unit's user and rights, a
// reload of the ruleset, an upgrade, a removal.

import { execFile, execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { CreateSession, SessionInfo } from '@rightofway/camara'
import { createTopology, DEVICE, ROUTER, SERVER, Station, type Topology } from '@rightofway/lab'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { CLI, type GatewayProcess, startGatewayProcess } from './gateway-process.js'
import { describeWith } from './parts.js'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const GUIDE = readFileSync(join(ROOT, 'docs/operate/run-on-a-router.md'), 'utf8')
const UNIT_FILE = join(ROOT, 'contrib/systemd/rightofway.service')
const UNIT = readFileSync(UNIT_FILE, 'utf8')
const PORT = 5_000
/** An unused id: there is no user rightofway where tests run. */
const UID = 64_321

/** 2 s are documented; a busy machine may take longer. */
const REPAIRED_WITHIN_MS = 4_000

/** A ruleset of an administrator. `systemctl reload nftables` loads such a file, which begins like this. */
const RULESET = `flush ruleset
table inet filter {
	chain forward {
		type filter hook forward priority filter; policy accept;
		ip saddr 10.0.0.66 drop
	}
}
`

const setting = (name: string): string => {
  const value = new RegExp(`^${name}=(.*)$`, 'm').exec(UNIT)?.[1]
  if (value === undefined) throw new Error(`the unit has no ${name}`)
  return value
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

describe('the unit', () => {
  const verify = promisify(execFile)
  const hasSystemd = () => {
    try {
      execFileSync('systemd-analyze', ['--version'], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  }

  it.skipIf(!hasSystemd())('is valid for systemd', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'rightofway-unit-'))
    try {
      // systemd also checks the program, which is not installed here.
      const file = join(dir, 'rightofway.service')
      writeFileSync(file, UNIT.replace('ExecStart=/usr/bin/rightofway', `ExecStart=${process.execPath}`))
      const { stdout, stderr } = await verify('systemd-analyze', ['verify', file])
      expect(stdout + stderr).toBe('')
    } finally {
      rmSync(dir, { recursive: true })
    }
  })

  it('runs the gateway with the configuration, and keeps its data where the guide says', () => {
    expect(setting('ExecStart')).toBe('/usr/bin/rightofway serve --config /etc/rightofway/gateway.yaml')
    expect(setting('Environment')).toBe('RIGHTOFWAY_DATA_DIR=/var/lib/rightofway')
    expect(setting('StateDirectory')).toBe('rightofway')
    expect(GUIDE).toContain('--data-dir /var/lib/rightofway')
  })
})

describeWith(['root', 'nftables'], 'a router that is set up as the guide says', () => {
  let topology: Topology
  let stations: Station[]
  let dir: string
  let state: string
  let gateway: GatewayProcess
  let key: string
  let before: string

  /** The rules, queues and routes of the machine. */
  const machine = async (): Promise<string> => {
    const parts = [
      ['nft', 'list', 'ruleset'],
      ['tc', 'qdisc', 'show'],
      ['tc', 'filter', 'show', 'dev', ROUTER.lan.interface],
      ['ip', 'rule'],
      ['ip', 'route'],
    ].map((argv) => topology.router.run(argv))
    return (await Promise.all(parts)).join('\n')
  }

  /**
   * As the unit starts it: a separate user, one capability, no new privileges, a root that is read-only except for the
   * state. The program and Node are where that user can read them.
   */
  const asUnit = (argv: readonly string[]): readonly string[] => {
    const right = setting('AmbientCapabilities').replace('CAP_', '').toLowerCase()
    expect(setting('CapabilityBoundingSet')).toBe(setting('AmbientCapabilities'))
    expect(setting('NoNewPrivileges')).toBe('yes')
    expect(setting('ProtectSystem')).toBe('strict')
    const [, , ...args] = argv
    const prepare = [
      'mount -t tmpfs tmpfs /mnt',
      'mkdir /mnt/app',
      'touch /mnt/node',
      `mount --bind '${ROOT}' /mnt/app`,
      `mount --bind '${process.execPath}' /mnt/node`,
      `mount --bind '${state}' '${state}'`,
      'mount -o remount,bind,ro /',
      `umask ${setting('UMask')}`,
      'exec "$@"',
    ]
    return topology.router.command([
      ...['unshare', '--mount', 'sh', '-ec', prepare.join('\n'), 'sh'],
      ...['setpriv', '--reuid', String(UID), '--regid', String(UID), '--clear-groups', '--no-new-privs'],
      ...[`--inh-caps=-all,+${right}`, `--ambient-caps=-all,+${right}`, `--bounding-set=-all,+${right}`],
      ...['/mnt/node', join('/mnt/app', relative(ROOT, CLI)), ...args],
    ])
  }

  const start = (): Promise<GatewayProcess> =>
    startGatewayProcess({
      dataDir: state,
      port: 8_080,
      flags: ['--config', join(state, 'gateway.yaml')],
      enter: asUnit,
      // Modules that tests load into a gateway write where this user may not.
      env: { NODE_OPTIONS: '' },
    })

  /** `rightofway`, by an administrator on the router. */
  async function rightofway(...args: string[]): Promise<string> {
    const [command = '', ...rest] = topology.router.command([process.execPath, CLI, ...args, '--data-dir', state])
    return (await promisify(execFile)(command, rest)).stdout
  }

  async function create(port: number): Promise<SessionInfo> {
    const body: CreateSession = {
      device: { ipv4Address: { publicAddress: DEVICE.ipv4, privateAddress: DEVICE.ipv4 } },
      applicationServer: { ipv4Address: SERVER.ipv4 },
      applicationServerPorts: { ports: [port] },
      qosProfile: 'QOS_S',
      duration: 600,
    }
    const answer = await (stations[0] as Station).tell('request', {
      url: `http://${ROUTER.lan.ipv4}:8080/quality-on-demand/v1/sessions`,
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    const info = JSON.parse(answer.body) as SessionInfo
    expect({ status: answer.status, info }).toMatchObject({ status: 201, info: { qosStatus: 'AVAILABLE' } })
    return info
  }

  const element = async (): Promise<string | undefined> =>
    /: 7277:([0-9a-f]+)/.exec(
      await topology.router.run(['nft', 'list', 'map', 'inet', 'rightofway', 'server_port4']),
    )?.[1]

  /** Packets that a class towards devices has sent. */
  async function sent(minor: string): Promise<number> {
    const classes = await topology.router.run(['tc', '-s', 'class', 'show', 'dev', ROUTER.lan.interface])
    const [, count] = new RegExp(`class htb 7277:${minor} [\\s\\S]*?Sent \\d+ bytes (\\d+) pkt`).exec(classes) ?? []
    return Number(count)
  }

  async function ping(times: number): Promise<void> {
    for (let i = 0; i < times; i++) {
      expect(await (stations[0] as Station).tell('ping', { to: SERVER.ipv4, port: PORT, timeoutMs: 5_000 })).toBe(true)
    }
  }

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'rightofway-guide-'))
    chmodSync(dir, 0o755)
    state = join(dir, 'state')
    // StateDirectory and StateDirectoryMode.
    mkdirSync(state)
    chmodSync(state, Number.parseInt(setting('StateDirectoryMode'), 8))
    chownSync(state, UID, UID)
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(GUIDE) ?? []
    const config = parse(example) as { listen: object }
    // As in the guide, except for TLS.
    writeFileSync(
      join(state, 'gateway.yaml'),
      stringify({ ...config, listen: { host: ROUTER.lan.ipv4, plainHttp: true } }),
    )
    topology = await createTopology()
    stations = await Promise.all([Station.start(topology.device), Station.start(topology.server)])
    await (stations[1] as Station).tell('listen', { port: PORT })
    writeFileSync(join(dir, 'nftables.conf'), RULESET)
    await topology.router.run(['nft', '-f', join(dir, 'nftables.conf')])
    before = await machine()
  })
  afterAll(async () => {
    await gateway.signal('SIGTERM')
    await Promise.all(stations.map((station) => station.close()))
    await topology.close()
    rmSync(dir, { recursive: true })
  })

  it('starts for the first time as a user with one capability, and keeps its state private', async () => {
    gateway = await start()
    key = await gateway.newKey()
    const proc = readFileSync(`/proc/${gateway.process.pid}/status`, 'utf8')
    const CAP_NET_ADMIN = (1 << 12).toString(16).padStart(16, '0')
    for (const line of [`Uid:\t${UID}\t${UID}\t${UID}\t${UID}`, 'NoNewPrivs:\t1']) expect(proc).toContain(line)
    for (const set of ['CapEff', 'CapPrm', 'CapBnd', 'CapAmb']) expect(proc).toContain(`${set}:\t${CAP_NET_ADMIN}`)
    for (const name of ['store.db', 'keyring', 'admin.sock']) {
      expect({ name, ...statSync(join(state, name)) }).toMatchObject({ name, uid: UID })
      expect(statSync(join(state, name)).mode & 0o077).toBe(0)
    }
    expect(await rightofway('network', 'status')).toMatch(/kernel +no differences/)
    await create(PORT)
  })

  it('repairs its rules after a reload of the ruleset, and leaves other rules unchanged', async () => {
    const minor = await element()
    await topology.router.run(['nft', '-f', join(dir, 'nftables.conf')])
    const since = performance.now()
    while (!(await topology.router.run(['nft', 'list', 'ruleset'])).includes('table inet rightofway')) await sleep(20)
    while ((await element()) !== minor) await sleep(20)
    expect(performance.now() - since).toBeLessThan(REPAIRED_WITHIN_MS)
    const all = await topology.router.run(['nft', 'list', 'ruleset'])
    expect(all.replace(/table inet rightofway \{[\s\S]*?\n\}\n/, '').trim()).toBe(
      RULESET.replace('flush ruleset\n', '').trim(),
    )
    while (!/kernel +no differences/.test(await rightofway('network', 'status'))) await sleep(50)
  })

  it('is upgraded while a session is live: its packets keep their class', async () => {
    const minor = (await element()) ?? ''
    const counts = [await sent(minor)]
    await gateway.signal('SIGTERM')
    await ping(3)
    counts.push(await sent(minor))
    gateway = await start()
    await ping(3)
    counts.push(await sent(minor))
    expect(counts).toEqual([0, 3, 6].map((more) => (counts[0] ?? 0) + more))
    expect(await element()).toBe(minor)
    expect(await rightofway('network', 'status')).toMatch(/repairs +0 since start/)
    await create(PORT + 1)
  })

  it('is removed, and the machine is as it was', async () => {
    await gateway.signal('SIGTERM')
    expect(await rightofway('network', 'teardown')).toBe(
      'table inet rightofway: removed\nlan0: tree removed\nwan0: tree removed\n',
    )
    expect(await machine()).toBe(before)
    // It is installed again, with files of root in the folder.
    gateway = await start()
    expect(await rightofway('network', 'status')).toMatch(/kernel +no differences/)
  })
})
