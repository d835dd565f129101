// Commands of operators: keys, devices, profiles, backup.

import { generateKeyPairSync } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspectStore } from '@rightofway/gateway'
import { NetworkAsCodeClient, type OAuthOptions } from '@rightofway/sdk'
import { describe, expect, it } from 'vitest'
import { cli, startWorld, temporaryFolder } from '../world.fixture.js'

describe('rightofway keys', () => {
  it('creates keys, lists their public parts, and revokes them', async () => {
    const { client } = await startWorld()
    const made = await cli(
      'keys',
      'create',
      'my-app',
      '--name',
      'laptop',
      '--scope',
      'qos-profiles:read',
      '--expires',
      '30d',
    )
    expect(made.out).toMatch(/^row_[0-9a-f]{12}_[\w-]{43}\n$/)
    const prefix = made.out.split('_')[1] as string
    const { out } = await cli('keys', 'list', 'my-app')
    expect(out).toMatch(/^KEY +APPLICATION +NAME +SCOPES +MADE +STATE\n/)
    expect(out).toMatch(new RegExp(`${prefix}  my-app +laptop +qos-profiles:read +\\S+ \\S+ +until \\d{4}`))
    expect(out).not.toContain(made.out.trim())

    const mine = process.env['RIGHTOFWAY_KEY'] as string
    await cli('keys', 'revoke', mine)
    await expect(client.profiles.list()).rejects.toMatchObject({ status: 401 })
    expect((await cli('keys', 'list')).out).toMatch(/my-app +- +all +\S+ \S+ +revoked \d{4}/)
    expect(await cli('keys', 'revoke', 'nothing')).toMatchObject({ code: 5 })
    expect(await cli('keys', 'list', 'nobody')).toMatchObject({ code: 5 })
  })

  it('prints JSON for programs', async () => {
    await startWorld()
    const made = JSON.parse((await cli('keys', 'create', 'my-app', '--compatibility', 'nokia', '--json')).out) as object
    expect(made).toMatchObject({ key: expect.stringMatching(/^row_/) as unknown, record: { compatibility: 'nokia' } })
    const keys = JSON.parse((await cli('keys', 'list', '--json')).out) as { application: string }[]
    expect(keys.filter(({ application }) => application === 'my-app')).toHaveLength(2)
    expect(JSON.stringify(keys)).not.toContain((made as { key: string }).key)
  })

  it('names the socket if no gateway is running', async () => {
    const nowhere = await cli('keys', 'list', '--data-dir', temporaryFolder())
    expect(nowhere).toMatchObject({ code: 3 })
    expect(nowhere.err).toContain('start one, or give its --data-dir or --admin-socket')
  })
})

describe('rightofway clients', () => {
  it('creates OAuth clients whose tokens are accepted, lists their public parts, and revokes them', async () => {
    const { client } = await startWorld()
    const made = await cli('clients', 'create', 'my-app', '--scope', 'qos-profiles:read')
    const [, clientId = '', clientSecret = ''] = /^client id {6}(\w+)\nclient secret {2}(\S+)\n$/.exec(made.out) ?? []
    const baseUrl = client.endpoint.qualityOnDemandUrl.replace(/\/quality-on-demand.*/, '')
    const oauth = { tokenUrl: `${baseUrl}/oauth2/token`, clientId, clientSecret }
    const fetched = new NetworkAsCodeClient({ baseUrl, oauth })
    expect((await fetched.profiles.get('QOS_L')).name).toBe('QOS_L')
    const more = ['--grant', 'ciba', '--grant', 'authorization-code', '--redirect-uri', 'https://app.example/back']
    expect(JSON.parse((await cli('clients', 'create', 'my-app', ...more, '--json')).out)).toMatchObject({
      clientSecret: expect.stringMatching(/^row_/) as unknown,
    })
    const { out } = await cli('clients', 'list', 'my-app')
    expect(out).toMatch(/^CLIENT +APPLICATION +NAME +GRANTS +SCOPES +MADE +STATE\n/)
    expect(out).toMatch(new RegExp(`${clientId}  my-app +- +client-credentials +qos-profiles:read +\\S+ \\S+ +good`))
    expect(out).toMatch(/my-app +- +ciba authorization-code +all /)
    expect(out).not.toContain(clientSecret)
    await cli('clients', 'revoke', clientId)
    await expect(fetched.profiles.get('QOS_L')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
  })

  it('creates OAuth clients that sign, with a new key, with one of a file, and replaces it', async () => {
    const { client } = await startWorld()
    const baseUrl = client.endpoint.qualityOnDemandUrl.replace(/\/quality-on-demand.*/, '')
    const tokenUrl = `${baseUrl}/oauth2/token`
    const read = async (oauth: OAuthOptions) =>
      (await new NetworkAsCodeClient({ baseUrl, oauth }).profiles.get('QOS_L')).name
    const grants = ['--grant', 'client-credentials', '--grant', 'jwt-bearer']
    const made = await cli('clients', 'create', 'my-app', '--private-key-jwt', ...grants, '--json')
    const { clientId, privateKey, ...rest } = JSON.parse(made.out) as Required<Omit<OAuthOptions, 'tokenUrl'>>
    expect(rest).toEqual({})
    expect(await read({ tokenUrl, clientId, privateKey })).toBe('QOS_L')
    expect((await cli('clients', 'list', 'my-app')).out).toContain('client-credentials jwt-bearer')

    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const file = join(temporaryFolder(), 'public.pem')
    writeFileSync(file, rsa.publicKey.export({ type: 'spki', format: 'pem' }))
    expect((await cli('clients', 'set-keys', clientId, '--jwks', file)).out).toBe(`${clientId} has new keys\n`)
    await expect(read({ tokenUrl, clientId, privateKey })).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    const privatePem = String(rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }))
    expect(await read({ tokenUrl, clientId, privateKey: privatePem })).toBe('QOS_L')

    writeFileSync(file, JSON.stringify({ keys: [privateKey] }))
    const another = await cli('clients', 'create', 'my-app', '--jwks', file)
    const [, otherId = ''] = /^client id {6}(\w+)\n$/.exec(another.out) ?? []
    expect(await read({ tokenUrl, clientId: otherId, privateKey })).toBe('QOS_L')

    writeFileSync(file, 'nonsense')
    expect((await cli('clients', 'create', 'my-app', '--jwks', file)).err).toContain('must be a JWK, a JWK set')
    expect((await cli('clients', 'set-keys', clientId)).err).toContain('give --jwks or --jwks-uri')
  })

  it('refuses a redirect URI that would reveal the code', async () => {
    await startWorld()
    const said = async (...more: string[]) => (await cli('clients', 'create', 'my-app', '--grant', ...more)).err
    expect(await said('authorization-code')).toContain('client.redirectUris requires the grant type authorization_code')
    expect(await said('authorization-code', '--redirect-uri', 'http://app.example/back')).toContain(
      'client.redirectUris[0] must be https',
    )
    expect(await said('password')).toContain('client-credentials, ciba, authorization-code, jwt-bearer')
  })
})

describe('rightofway devices', () => {
  it('adds a device and binds an address to it, until another is bound', async () => {
    const { client } = await startWorld()
    await cli(
      'devices',
      'add',
      'robot',
      '--phone',
      '+15551234567',
      '--nai',
      'robot@factory.example',
      '--address',
      '10.0.0.9',
    )
    const nat = ['--public-address', '198.51.100.3', '--public-ports', '4000-4999', '--for', '1h']
    expect((await cli('devices', 'bind', 'robot', '10.0.0.10', ...nat)).out).toBe(
      'robot has 10.0.0.10 (198.51.100.3:4000-4999)\n',
    )
    expect((await cli('devices', 'bind', 'robot', '10.0.0.9')).code).toBe(0)
    const { out } = await cli('devices', 'list')
    expect(out).toMatch(
      /robot +\+15551234567 +robot@factory.example +10.0.0.9\/32, 10.0.0.10\/32 \(198.51.100.3:4000-4999\)/,
    )
    const ipv4Address = { publicAddress: '198.51.100.3', publicPort: 4242 }
    expect(await client.devices.get({ ipv4Address }).sessions()).toEqual([])
    const devices = JSON.parse((await cli('devices', 'list', '--json')).out) as {
      device: string
      addresses: object[]
    }[]
    expect(devices.find(({ device }) => device === 'robot')?.addresses).toHaveLength(2)
  })

  it('ends with a different exit code for each kind of failure', async () => {
    await startWorld()
    const ways: readonly (readonly [code: number, argv: readonly string[], reason: string])[] = [
      [6, ['devices', 'add', 'page-device'], '`devices bind` gives it another address'],
      [6, ['devices', 'add', 'other', '--phone', '+36721601234567'], 'Another device has this phoneNumber'],
      [5, ['devices', 'bind', 'nobody', '10.0.0.1'], 'add it with `devices add`'],
      [2, ['devices', 'bind', 'page-device', '10.0.0.1', '--public-ports', 'all'], '--public-ports must be a range'],
      [1, ['devices', 'add', 'odd', '--address', 'nowhere'], 'addresses[0].address'],
    ]
    for (const [code, argv, reason] of ways) {
      const ended = await cli(...argv)
      expect(ended, argv.join(' ')).toMatchObject({ code, err: expect.stringContaining(reason) as unknown })
    }
  })
})

describe('rightofway profiles', () => {
  it('lists profiles', async () => {
    await startWorld()
    const { out } = await cli('profiles', 'list', '--status', 'ACTIVE')
    expect(out).toMatch(/^PROFILE +STATUS +TO DEVICE +FROM DEVICE +DELAY +LONGEST\n/)
    expect(out).toMatch(/QOS_L +ACTIVE +20 Mbps +20 Mbps +- +86400 seconds/)
    expect((await cli('profiles', 'list', '--status', 'INACTIVE')).out).toMatch(/^PROFILE.*\nSANDBOX_INACTIVE .*\n$/)
    expect(JSON.parse((await cli('profiles', 'list', '--json')).out)).toContainEqual(
      expect.objectContaining({ name: 'QOS_E', status: 'ACTIVE' }),
    )
  })
})

describe('rightofway profiles, as operators use it', () => {
  it('exports them, imports them changed, and shows who changed what', async () => {
    const { client } = await startWorld()
    const file = join(temporaryFolder(), 'profiles.yaml')
    const all = JSON.parse((await cli('profiles', 'export')).out) as object[]
    const gold = { name: 'GOLD', status: 'ACTIVE', restricted: true, priority: 5 }
    writeFileSync(file, JSON.stringify([...all, gold]))
    expect((await cli('profiles', 'import', file)).out).toMatch(/QOS_L.*, GOLD: imported/)
    expect((await cli('profiles', 'status', 'QOS_E', 'DEPRECATED')).out).toBe('QOS_E is DEPRECATED\n')
    expect(await client.profiles.list({ name: 'QOS_E' })).toMatchObject([{ status: 'DEPRECATED' }])
    expect(await client.profiles.list({ name: 'GOLD' })).toEqual([])
    expect((await cli('profiles', 'delete', 'GOLD')).out).toBe('GOLD is deleted\n')
    const { out } = await cli('profiles', 'changes', 'QOS_E')
    expect(out).toMatch(/^WHEN +WHO +PROFILE +WHAT\n\S+ \S+ +\S+ +QOS_E +changed status\n/)
    expect((await cli('profiles', 'changes', 'GOLD')).out).toMatch(/GOLD +deleted\n.* GOLD +added\n$/s)
    expect(await cli('profiles', 'status', 'NO_SUCH', 'ACTIVE')).toMatchObject({ code: 5 })
  })
})

describe('rightofway devices import', () => {
  it('accepts a table or a YAML list, and imports nothing of an invalid file', async () => {
    await startWorld()
    const table = join(temporaryFolder(), 'devices.csv')
    writeFileSync(table, 'device,phoneNumber\ncam-1,+15550000001\ncam-2,+15550000002\n')
    expect((await cli('devices', 'import', table)).out).toBe('2 devices are imported\n')
    writeFileSync(table, 'device,phoneNumber\ncam-3,+15550000003\ncam-4,0\n')
    expect(await cli('devices', 'import', table)).toMatchObject({
      code: 1,
      err: expect.stringContaining('line 3: phoneNumber must match') as unknown,
    })
    expect((await cli('devices', 'list')).out).not.toContain('cam-3')
    expect(await cli('devices', 'import', '/nowhere.csv')).toMatchObject({ code: 1 })
  })
})

describe('rightofway backup', () => {
  it('copies the store of a running gateway, and does not overwrite a file', async () => {
    const { client } = await startWorld()
    await client.devices.get({ phoneNumber: '+36721601234567' }).createQodSession('QOS_L', '233.252.0.2')
    const copy = join(temporaryFolder(), 'copy.db')
    expect(await cli('backup', copy)).toMatchObject({
      code: 0,
      out: expect.stringContaining('contains 1 sessions') as unknown,
    })
    expect(inspectStore(copy)).toMatchObject({ sessions: 1, damage: [] })
    expect(await cli('backup', copy)).toMatchObject({ code: 1 })
    expect(JSON.parse((await cli('backup', copy, '--replace', '--json')).out)).toMatchObject({
      file: copy,
      sessions: 1,
    })
  })

  it('fails if there is no store', async () => {
    const folder = temporaryFolder()
    const ended = await cli('backup', join(folder, 'copy.db'), '--data-dir', folder)
    expect(ended).toMatchObject({ code: 1 })
    expect(ended.err).toContain('there is no store at')
    expect(existsSync(join(folder, 'copy.db'))).toBe(false)
  })
})

describe('rightofway sessions inspect', () => {
  it('shows a session of any application to operators', async () => {
    const { client } = await startWorld()
    const device = client.devices.get({ phoneNumber: '+36721601234567' })
    const session = await device.createQodSession({ profile: 'QOS_L', serviceIpv4: '198.51.100.7', duration: 60 })
    const shown = await cli('sessions', 'inspect', session.id)
    expect(shown).toMatchObject({ code: 0 })
    expect(shown.out).toMatch(/^application +\S+$/m)
    expect(shown.out).toMatch(/^status +AVAILABLE$/m)
    expect(shown.out).toMatch(/^events +AVAILABLE \d{4}-/m)
    expect(shown.out).not.toContain('without')
    const json = JSON.parse((await cli('sessions', 'inspect', session.id, '--json')).out) as object
    expect(json).toMatchObject({ sessionId: session.id, network: 'simulator' })
    expect(await cli('sessions', 'inspect', '00000000-0000-4000-8000-000000000000')).toMatchObject({ code: 5 })
  })
})
