// Administration of an application: clients, limits, and the history of changes.

import { generateKeyPairSync } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { QOD } from '../../packages/gateway/test/support/gateway.js'
import { describeWith } from '../parts.js'
import { expectAccessibleInBoth, startVisits, type Visitor, type Visits } from './lib.js'

describeWith(['chromium'], 'looking after an application', () => {
  let visits: Visits
  let visitor: Visitor
  let client: { id: string; secret: string }
  beforeAll(async () => {
    visits = await startVisits()
    visitor = await visits.signedIn('operator', 'Otto')
    const { page } = visitor
    await page.getByRole('link', { name: 'Applications', exact: true }).click()
    await page.getByRole('button', { name: 'Add an application' }).click()
    await page.getByLabel('Name', { exact: true }).fill('Crane')
    await page.getByRole('button', { name: 'Add it' }).click()
    await page.getByRole('region', { name: 'Crane' }).getByText('No client yet.').waitFor()
  })
  afterAll(() => visits.close())

  const card = () => visitor.page.getByRole('region', { name: 'Crane' })
  const clipboard = () => visitor.page.evaluate<string>('navigator.clipboard.readText()')

  /** The answer of the authorization server to a client. */
  const askForToken = async ({ id, secret }: typeof client) => {
    const answer = await fetch(`${visits.gateway.url}/oauth2/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${id}:${secret}`)}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    return { status: answer.status, body: (await answer.json()) as { access_token?: string } }
  }

  /** Copies the id and the secret, which are shown once. */
  const copyClient = async () => {
    const { page } = visitor
    await page.getByRole('button', { name: 'Copy the client id' }).click()
    const id = await clipboard()
    expect(id).toBe(await page.getByTestId('client-id').textContent())
    await page.getByRole('button', { name: 'Copy the secret' }).click()
    await expect.poll(clipboard).not.toBe(id)
    const secret = await clipboard()
    expect(secret).toBe(await page.getByTestId('new-key').textContent())
    return { id, secret }
  }

  it('creates an OAuth client, whose secret is shown once, and which gets a token', async () => {
    const { page } = visitor
    await card().getByRole('button', { name: 'Create a client' }).click()
    await page.getByLabel('Description').fill('stage')
    await page.getByLabel('authorization code').check()
    await page.getByLabel('Redirect URIs').fill('http://app.example/back')
    await expectAccessibleInBoth(page)
    await page.getByRole('button', { name: 'Create it' }).click()
    await page.getByText('client.redirectUris[0] must be https').waitFor()
    await page.getByLabel('Redirect URIs').fill('https://app.example/back')
    await page.getByLabel('Scopes').fill('quality-on-demand:sessions:read qos-profiles:read')
    await page.getByRole('button', { name: 'Create it' }).click()
    await page.getByRole('heading', { name: 'Copy the secret now' }).waitFor()
    await expectAccessibleInBoth(page)
    client = await copyClient()
    await page.getByRole('button', { name: 'Close' }).click()
    expect(await page.getByText(client.secret).count()).toBe(0)
    const row = card().getByRole('table', { name: 'OAuth clients' }).getByRole('row', { name: client.id })
    await row.getByText('client credentials, authorization code').waitFor()
    await row.getByText('quality-on-demand:sessions:read, qos-profiles:read').waitFor()
    expect(await askForToken(client)).toMatchObject({ status: 200 })
  })

  it('creates an OAuth client with a private key, which has no secret and no rotation', async () => {
    const { page } = visitor
    await card().getByRole('button', { name: 'Create a client' }).click()
    await page.getByLabel('JWT bearer').check()
    await page.getByRole('radio', { name: /private key/ }).check()
    await page.getByLabel('Public keys').fill('nonsense')
    await page.getByRole('button', { name: 'Create it' }).click()
    await page.getByText('Public keys must be a JWK').waitFor()
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await page.getByLabel('Public keys').fill(JSON.stringify(publicKey.export({ format: 'jwk' })))
    await expectAccessibleInBoth(page)
    await page.getByRole('button', { name: 'Create it' }).click()
    await page.getByRole('heading', { name: 'The client is made' }).waitFor()
    expect(await page.getByTestId('new-key').count()).toBe(0)
    const id = (await page.getByTestId('client-id').textContent()) ?? ''
    await page.getByRole('button', { name: 'Close' }).click()
    const row = card().getByRole('table', { name: 'OAuth clients' }).getByRole('row', { name: id })
    await row.getByText('client credentials, JWT bearer').waitFor()
    expect(await row.getByRole('button', { name: `Rotate ${id}` }).count()).toBe(0)
  })

  it('rotates it: both are valid during the overlap, and then revokes the old one', async () => {
    const { page } = visitor
    await page.getByRole('button', { name: `Rotate ${client.id}` }).click()
    await page.getByRole('heading', { name: 'Rotate the client' }).waitFor()
    await expectAccessibleInBoth(page)
    await page.getByRole('button', { name: 'Rotate it' }).click()
    const fresh = await copyClient()
    expect(fresh.id).not.toBe(client.id)
    await page.getByRole('button', { name: 'Close' }).click()
    for (const one of [client, fresh]) expect(await askForToken(one)).toMatchObject({ status: 200 })
    await page.getByRole('button', { name: `Revoke ${client.id}` }).click()
    await page.getByRole('button', { name: 'Revoke it' }).click()
    await card().getByText('revoked', { exact: true }).waitFor()
    expect(await askForToken(client)).toMatchObject({ status: 401 })
    client = fresh
  })

  it('sets its own limits, which apply at once, and resets them', async () => {
    const { page } = visitor
    await card().getByText('500 as for all').waitFor()
    await card().getByRole('button', { name: 'Change limits' }).click()
    await page.getByText('Requests per second for single operations').click()
    await page.getByLabel('Live sessions', { exact: true }).fill('0')
    await page.getByLabel('createSession', { exact: true }).fill('7')
    await expectAccessibleInBoth(page)
    await page.getByRole('button', { name: 'Save' }).click()
    await card().getByText('0 its own, 0 now').waitFor()
    await card().getByText('Requests per second to createSession').waitFor()
    await expectAccessibleInBoth(page)
    await card().getByRole('button', { name: 'Create a key' }).click()
    await page.getByRole('button', { name: 'Create it' }).click()
    const key = (await page.getByTestId('new-key').textContent()) ?? ''
    await page.getByRole('button', { name: 'Close' }).click()
    const refused = await visits.gateway.call('POST', `${QOD}/sessions`, {
      key,
      body: {
        device: { phoneNumber: '+36721601234567' },
        applicationServer: { ipv4Address: '233.252.0.2' },
        qosProfile: 'QOS_L',
        duration: 60,
      },
    })
    expect(refused).toMatchObject({ status: 429, body: { code: 'QUOTA_EXCEEDED' } })
    await card().getByRole('button', { name: 'Change limits' }).click()
    await page.getByLabel('Live sessions', { exact: true }).fill('')
    await page.getByLabel('createSession', { exact: true }).fill('')
    await page.getByRole('button', { name: 'Save' }).click()
    await card().getByText('100,000 as for all, 0 now').waitFor()
  })

  it('shows who changed the limits, there and in the audit log, with the old values', async () => {
    const { page } = visitor
    await card().getByRole('button', { name: 'Show changes' }).click()
    const rows = page.getByRole('dialog').getByRole('row', { name: /Otto/ })
    await rows.nth(1).getByText('operations.createSession: 7').waitFor()
    await rows.nth(0).getByText('back to those of all').waitFor()
    await expectAccessibleInBoth(page)
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('link', { name: 'Profiles', exact: true }).click()
    await page.getByRole('button', { name: 'Edit QOS_S' }).click()
    const text = page.getByLabel('Profile', { exact: true })
    await text.fill((await text.inputValue()).replace('"ACTIVE"', '"DEPRECATED"'))
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Changes of QOS_S' }).click()
    await page.getByRole('dialog').getByText('status: ACTIVE DEPRECATED').waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.getByRole('link', { name: 'Audit log', exact: true }).click()
    await page.getByRole('link', { name: 'Changes of profiles and limits' }).click()
    await page.getByRole('row', { name: /Otto profile QOS_S status: ACTIVE DEPRECATED/ }).waitFor()
    await page.getByRole('row', { name: /Otto limits of app-.* sessions: 0/ }).waitFor()
    await expectAccessibleInBoth(page)
  })

  it('suspends it, and its clients get no tokens until it is resumed', async () => {
    const { page, complaints } = visitor
    await page.getByRole('link', { name: 'Applications', exact: true }).click()
    await page.getByRole('button', { name: 'Suspend Crane' }).click()
    await expectAccessibleInBoth(page)
    await page.getByRole('button', { name: 'Suspend it' }).click()
    await card().getByText('suspended').waitFor()
    expect((await askForToken(client)).status).toBe(401)
    await page.getByRole('button', { name: 'Resume Crane' }).click()
    await page.getByRole('button', { name: 'Resume it' }).click()
    await page.getByRole('button', { name: 'Suspend Crane' }).waitFor()
    expect((await askForToken(client)).status).toBe(200)
    expect(complaints.filter((text) => !text.includes('status of 400'))).toEqual([])
  })
})
