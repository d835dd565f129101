import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ConfigError, type ConfigSources, loadConfig } from './config.js'

function fileOf(content: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'rightofway-mistakes-'))
  onTestFinished(() => rmSync(dir, { recursive: true }))
  const file = join(dir, 'gateway.yaml')
  writeFileSync(file, content)
  return file
}

/** The message of each mistake, one a line. */
function mistakes(sources: ConfigSources): string[] {
  try {
    loadConfig(sources)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return (error as Error).message
      .split('\n')
      .filter((line, _, { length }) => length === 1 || line.startsWith('- '))
      .map((line) => line.replace(/^- /, ''))
  }
  return []
}

describe('a configuration with several mistakes', () => {
  it('names all of them at once, each with where it was made and a suggestion', () => {
    const file = fileOf(
      'listen:\n  prot: 80\nlgo:\n  level: warn\nsessions:\n  maxDuration: 100000\nlimits:\n  burst: many\n',
    )
    const env = { RIGHTOFWAY_LISTEN_PROT: '1', RIGHTOFWAY_SANDBOX: 'yes' }
    expect(mistakes({ file, env, flags: { 'history.days': '0' } }).sort()).toEqual([
      'RIGHTOFWAY_LISTEN_PROT is not a known environment variable; did you mean RIGHTOFWAY_LISTEN_PORT?',
      `history.days must be at least 1 (--history-days)`,
      expect.stringMatching(
        /^lgo is not a known member; allowed are .*; did you mean log\? \(.*, line 3\)$/,
      ) as unknown,
      expect.stringMatching(/^limits\.burst must be a whole number \(.*, line 8\)$/) as unknown,
      expect.stringMatching(/^listen\.prot is not .*; did you mean port\? \(.*, line 2\)$/) as unknown,
      'sandbox must be true or false (RIGHTOFWAY_SANDBOX)',
      expect.stringMatching(/^sessions\.maxDuration must be at most 86400 \(.*, line 6\)$/) as unknown,
    ])
  })

  it('names items of lists by their position in the file', () => {
    const file = fileOf(
      [
        'networks:',
        '  - kind: linx',
        '    id: a',
        '  - kind: simulator',
        '    id: b',
        '  - kind: simulator',
        '    ip: c',
        '  - kind: simulator',
        '    id: d d',
        'sinks:',
        '  allow: [ten, 10.0.0.0/8, eleven]',
      ].join('\n'),
    )
    const said = mistakes({ file }).join('\n')
    expect(said).toMatch(/networks\[0\]\.kind must be one of .*line 2\)/)
    expect(said).toMatch(/networks\[2\]\.ip is not a known member.*; did you mean id\? \(.*line 7\)/)
    expect(said).toMatch(/networks\[3\]\.id must match .*line 9\)/)
    expect(said).toMatch(/sinks\.allow\[0\] must be an IP address/)
    expect(said).toMatch(/sinks\.allow\[2\] must be an IP address/)
    expect(said).not.toContain('allow[1]')
  })

  it('names also those beside a mistake in a required member, and none that follow from it', () => {
    const file = fileOf(
      [
        'listen:',
        '  port: 99999',
        'networks:',
        '  - kind: linux',
        '    id: edge',
        '    towardsDevices: [{ interface: lan0, capacityBps: 99999999999999999 }]',
        '    towardsServers: { interface: wan0, capacityBps: 10, device: x }',
        '    reservedShare: 2',
      ].join('\n'),
    )
    expect(mistakes({ file }).map((line) => line.replace(/ \(.*line (\d)\)$/, ' ($1)'))).toEqual([
      'listen.port must be at most 65535 (2)',
      'networks[0].towardsDevices[0].capacityBps must be at most 1000000000000 (6)',
      expect.stringMatching(/^networks\[0\]\.towardsServers\.device is not a known member; .* \(7\)$/) as unknown,
      'networks[0].towardsServers.capacityBps must be at least 8000 (7)',
      'networks[0].reservedShare must be at most 0.99 (8)',
    ])
  })

  it('names also settings that are wrong together, but not what follows from another mistake', () => {
    const said = mistakes({
      flags: { 'listen.host': '0.0.0.0', 'store.durable': 'false', 'listen.tlsCert': 'cert.pem', 'listen.tlsKey': '' },
      env: { RIGHTOFWAY_KEYRING_FILE: 'f', RIGHTOFWAY_KEYRING_KEYS: Buffer.alloc(32).toString('base64') },
    })
    expect(said).toHaveLength(3)
    expect(said[0]).toContain('listen.tlsKey must have at least 1 character (--listen-tls-key)')
    expect(said[1]).toContain('store.durable (--store-durable) can be false only in a sandbox')
    expect(said[2]).toContain('are both set: set one of them')
  })
})

describe('a variable of the environment', () => {
  it('is refused if it has our prefix and is not known', () => {
    expect(mistakes({ env: { RIGHTOFWAY_FOO: '1' } })).toEqual(['RIGHTOFWAY_FOO is not a known environment variable'])
  })

  it.each([
    ['RIGHTOFWAY_URL', 'http://127.0.0.1:8080'],
    ['RIGHTOFWAY_KEY', 'row_live_x'],
    ['RIGHTOFWAY_CONFIG', '/etc/rightofway/gateway.yaml'],
    ['RIGHTOFWAY_ADMIN_SOCKET', '/run/rightofway/admin.sock'],
    // Kubernetes sets it for a service named rightofway.
    ['RIGHTOFWAY_SERVICE_HOST', '10.0.0.1'],
    ['RIGHTOFWAY_SERVICE_PORT_HTTP', '8080'],
    ['RIGHTOFWAY_PORT', 'tcp://10.0.0.1:8080'],
    ['RIGHTOFWAY_PORT_8080_TCP_ADDR', '10.0.0.1'],
    ['RIGHTOFWAYS', 'somebody else'],
  ])('that other programs use is ignored: %s', (name, value) => {
    expect(mistakes({ env: { [name]: value } })).toEqual([])
  })
})
