import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { cli, fakeTerminal, startWorld } from '../../world.fixture.js'
import { bar, watch } from './watch.js'

const PHONE = ['--phone', '+36721601234567']
const CREATE = ['sessions', 'create', ...PHONE, '--profile', 'QOS_L', '--server', '233.252.0.2:443']
const UUID = /[0-9a-f]{8}-[0-9a-f-]{27}/

describe('rightofway sessions', () => {
  it('covers the life of one: create, list, get, extend, end', async () => {
    await startWorld()
    const created = await cli(...CREATE, '--duration', '1h', '--json')
    expect(created).toMatchObject({ code: 0, err: '' })
    const session = JSON.parse(created.out) as { id: string }
    expect(session).toMatchObject({ status: 'AVAILABLE', profile: 'QOS_L', duration: 3600 })

    const listed = await cli('sessions', 'list', ...PHONE)
    const [head, row, ...rest] = listed.out.trimEnd().split('\n')
    expect(head).toMatch(/^SESSION +STATUS +PROFILE +DURATION +STARTED +EXPIRES$/)
    expect(row).toMatch(new RegExp(`^${session.id}  AVAILABLE  QOS_L +1h +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ`))
    expect(rest).toEqual([])

    const shown = await cli('sessions', 'get', session.id)
    expect(shown.out).toContain('server        233.252.0.2\nserver ports  443\n')
    expect((await cli('sessions', 'extend', session.id, '30m')).out).toContain(`${session.id} lasts 1h30m, until `)
    expect(await cli('sessions', 'end', session.id)).toMatchObject({ code: 0, out: `${session.id} is deleted\n` })
    expect(await cli('sessions', 'end', session.id)).toMatchObject({ code: 5 })
    expect((await cli('sessions', 'list', ...PHONE)).out).toBe('no sessions\n')
    expect((await cli('sessions', 'list', ...PHONE, '--json')).out).toBe('[]\n')
  })

  it.each([['--private-key-jwt'], []])('asks as an OAuth client that was created %s', async (...way: string[]) => {
    const { dataDir } = await startWorld()
    vi.stubEnv('RIGHTOFWAY_KEY', '')
    const file = join(dataDir, 'client.json')
    writeFileSync(file, (await cli('clients', 'create', 'shop', ...way, '--json')).out)
    expect((await cli(...CREATE, '--oauth-file', file)).out).toMatch(UUID)
    vi.stubEnv('RIGHTOFWAY_OAUTH_FILE', file)
    expect((await cli('sessions', 'list', ...PHONE, '--json')).out).toMatch(UUID)
    expect((await cli('sessions', 'list', ...PHONE)).out).toContain('AVAILABLE')
  })

  it('refuses an invalid file of an OAuth client', async () => {
    const { dataDir } = await startWorld()
    const file = join(dataDir, 'client.json')
    for (const text of ['nonsense', 'null', '{}', '{"clientId":7}']) {
      writeFileSync(file, text)
      const { code, err } = await cli('sessions', 'list', ...PHONE, '--oauth-file', file)
      expect([code, err]).toEqual([2, expect.stringContaining('must be a JSON object with clientId')])
    }
    writeFileSync(file, '{"clientId":"shop"}')
    expect(await cli('sessions', 'list', ...PHONE, '--oauth-file', file)).toMatchObject({
      code: 2,
      err: expect.stringContaining('oauth needs clientSecret or privateKey') as unknown,
    })
    expect(await cli('sessions', 'list', ...PHONE, '--oauth-file', join(dataDir, 'none'))).toMatchObject({
      err: expect.stringContaining('the OAuth client cannot be read') as unknown,
    })
  })

  it('shows no personal data, to people or programs', async () => {
    await startWorld()
    const runs = [await cli(...CREATE), await cli('sessions', 'list', ...PHONE, '--json')]
    for (const { out } of runs) expect(out).not.toContain('36721601234567')
    expect(runs[0]?.out).toMatch(UUID)
  })

  it('accepts a device by any of its identifiers', async () => {
    await startWorld()
    await cli(...CREATE)
    for (const device of [
      ['--public-ipv4', '233.252.0.2', '--public-port', '80'],
      ['--nai', 'device@testcsp.net'],
      ['--ipv6', '2001:db8:1234:5678::1'],
    ]) {
      expect((await cli('sessions', 'list', ...device, '--json')).out).toMatch(UUID)
    }
  })

  it('accepts a server by one address of each family, or by a list', async () => {
    const { client } = await startWorld()
    const create = async (...servers: string[]) => {
      const options = servers.flatMap((server) => ['--server', server])
      const { out } = await cli('sessions', 'create', ...PHONE, '--profile', 'QOS_S', ...options, '--json')
      return client.sessions.get((JSON.parse(out) as { id: string }).id)
    }
    expect(await create('198.51.100.0/24', '2001:db8::/64')).toMatchObject({
      serviceIpv4: '198.51.100.0/24',
      serviceIpv6: '2001:db8::/64',
    })
    expect((await create('203.0.113.1', '203.0.113.2')).serviceIpAddresses).toEqual(['203.0.113.1', '203.0.113.2'])
  })

  it('accepts ports and ranges', async () => {
    const { client } = await startWorld()
    const server = ['--server', '233.252.0.2', '--server-ports', '443,5000-5010', '--device-ports', '6000']
    const { out } = await cli('sessions', 'create', ...PHONE, '--profile', 'QOS_L', ...server, '--json')
    expect(await client.sessions.get((JSON.parse(out) as { id: string }).id)).toMatchObject({
      servicePorts: { ports: [443], ranges: [{ from: 5000, to: 5010 }] },
      devicePorts: { ports: [6000] },
    })
  })

  it('ends with a different exit code for each kind of failure', async () => {
    await startWorld()
    await cli(...CREATE)
    const ways: readonly (readonly [code: number, argv: readonly string[], reason: string])[] = [
      [5, ['sessions', 'get', '00000000-0000-4000-8000-000000000000'], 'There is no'],
      [6, CREATE, 'already covers this flow of the device'],
      [2, [...CREATE, '--duration', 'an hour'], 'is not a duration'],
      [
        2,
        ['sessions', 'create', ...PHONE, '--profile', 'QOS_L', '--server', 'nowhere'],
        'serviceIpv4 must be the address of a server',
      ],
      [2, ['sessions', 'create', ...PHONE], '--profile <name>'],
      [2, ['sessions', 'lst'], "unknown command 'lst'"],
      [1, [...CREATE, '--duration', '9999h'], 'duration'],
    ]
    for (const [code, argv, reason] of ways) {
      const ended = await cli(...argv)
      expect(ended, argv.join(' ')).toMatchObject({ code, out: '', err: expect.stringContaining(reason) as unknown })
    }
  })

  it('advises if there is no key, a wrong one, or no gateway', async () => {
    const { dataDir } = await startWorld()
    const key = process.env['RIGHTOFWAY_KEY'] as string
    vi.stubEnv('RIGHTOFWAY_KEY', undefined)
    const missing = await cli('sessions', 'list', ...PHONE)
    expect(missing).toMatchObject({ code: 4 })
    expect(missing.err).toContain('export RIGHTOFWAY_KEY=$(rightofway keys create my-app)')
    writeFileSync(join(dataDir, 'key'), `${key}\n`)
    const listed = await cli('sessions', 'list', ...PHONE, '--key-file', join(dataDir, 'key'))
    expect(listed).toMatchObject({ code: 0, out: 'no sessions\n' })
    vi.stubEnv('RIGHTOFWAY_KEY', 'row_wrong')
    expect(await cli('sessions', 'list', ...PHONE)).toMatchObject({ code: 4 })
    const nobody = await cli('sessions', 'list', ...PHONE, '--url', 'http://127.0.0.1:9')
    expect(nobody).toMatchObject({ code: 3 })
    expect(nobody.err).toContain('no answer from http://127.0.0.1:9')
  })

  it('ends with 7 when the network refuses', async () => {
    await startWorld()
    const refused = await cli(
      'sessions',
      'create',
      '--phone',
      '+99999990001',
      '--profile',
      'QOS_L',
      '--server',
      '233.252.0.2',
    )
    expect(refused).toMatchObject({ code: 7 })
    expect(refused.out).toContain('UNAVAILABLE NETWORK_TERMINATED')
  })
})

describe('rightofway sessions watch', () => {
  it('prints every change, for programs as a line of JSON, and ends with the session', async () => {
    const { client, advance } = await startWorld()
    const session = await client.devices.get({ phoneNumber: '+36721601234567' }).createQodSession('QOS_L', {
      serviceIpv4: '233.252.0.2',
      duration: 60,
    })
    const watching = cli('sessions', 'watch', session.id, '--json')
    await advance(60)
    const { code, out } = await watching
    expect(code).toBe(0)
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { status: string }).status)
        .at(-1),
    ).toBe('UNAVAILABLE')
  })

  it('shows the remaining time on a terminal, and updates it in place', async () => {
    const { client, advance } = await startWorld()
    const session = await client.devices.get({ phoneNumber: '+36721601234567' }).createQodSession('QOS_L', {
      serviceIpv4: '233.252.0.2',
      duration: 3600,
    })
    vi.stubEnv('NO_COLOR', '1')
    const terminal = fakeTerminal(true)
    const watching = watch(terminal, session, false)
    await advance(3600)
    await watching
    const [first, second = ''] = terminal.text.split('\n')
    expect(first).toMatch(/AVAILABLE$/)
    expect(second).toMatch(/█+.* left of 1h/)
    expect(second).toContain('\r\x1b[K')
    expect(terminal.text.endsWith('UNAVAILABLE DURATION_EXPIRED\n\r\x1b[K\r\x1b[K')).toBe(true)
  })

  it('ends with 7 when the network ends it', async () => {
    const { client, gateway } = await startWorld()
    const session = await client.devices
      .get({ phoneNumber: '+36721601234567' })
      .createQodSession('QOS_L', '233.252.0.2')
    const watching = cli('sessions', 'watch', session.id)
    await gateway.adminApp.inject({
      method: 'POST',
      url: '/admin/v1/networks/simulator/simulator/lose',
      payload: { sessionId: session.id },
    })
    const { code, out } = await watching
    expect(code).toBe(7)
    expect(out).toContain('UNAVAILABLE NETWORK_TERMINATED')
  })
})

describe('the bar', () => {
  const drawn = (remainingSeconds: number | undefined, columns = 80) =>
    bar(fakeTerminal(false, columns), { remainingSeconds, duration: 3600 })

  it.each([
    [3600, `${'█'.repeat(40)} 1h left of 1h`],
    [1800, `${'█'.repeat(20)}${'░'.repeat(20)} 30m left of 1h`],
    [0, `${'░'.repeat(40)} 0s left of 1h`],
    [undefined, ''],
  ])('is as full as what is left: %s s', (left, text) => {
    expect(drawn(left)).toBe(text)
  })

  it('never takes more than one line', () => {
    for (let columns = 20; columns < 100; columns++) expect([...drawn(1234, columns)].length).toBeLessThan(columns)
  })
})
