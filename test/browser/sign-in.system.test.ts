// Signing in at an OpenID provider, in a real browser: with its own rules for sites (localhost and
// 127.0.0.1 are different sites), cookies and redirects.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { CLIENT, startOpenIdProvider, type TestProvider } from '../../packages/gateway/test/support/openid-provider.js'
import { describeWith } from '../parts.js'
import { expectAccessible, expectAccessibleInBoth, startVisits, type Visits } from './lib.js'

describeWith(['chromium'], 'signing in by SSO', () => {
  let provider: TestProvider
  let visits: Visits
  beforeAll(async () => {
    const back = () => `${visits.gateway.url}/admin/v1/sign-in/sso/callback`
    provider = await startOpenIdProvider(back, { host: 'localhost' })
    visits = await startVisits({
      settings: {
        'dashboard.oidc.issuer': provider.issuer,
        'dashboard.oidc.label': 'Campus login',
        'dashboard.oidc.clientId': CLIENT.id,
        'dashboard.oidc.clientSecret': CLIENT.secret,
        'dashboard.oidc.operators': 'network',
      },
    })
  })
  afterAll(async () => {
    await visits.close()
    await provider.close()
  })

  it('shows why a user without a role is refused', async () => {
    const { page } = await visits.stranger()
    provider.person = { sub: 'g-1', claims: { preferred_username: 'Gus', groups: ['guests'] } }
    await page.goto(`${visits.gateway.url}/dashboard/`)
    await page.getByRole('link', { name: 'Sign in with Campus login' }).waitFor()
    await expectAccessible(page)
    await page.getByRole('link', { name: 'Sign in with Campus login' }).click()
    await page.getByRole('heading', { name: 'You are not signed in' }).waitFor()
    await page.getByText('Campus login identified you, but your account there has no role here.').waitFor()
    await expectAccessibleInBoth(page)
    await page.getByRole('link', { name: 'Go to the sign-in' }).click()
    await page.getByRole('link', { name: 'Sign in with Campus login' }).waitFor()
  })

  it('redirects a user with a role to the provider and back, and signs in', async () => {
    const { page, context, complaints } = await visits.stranger()
    await page.goto(`${visits.gateway.url}/dashboard/`)
    provider.person = { sub: 'o-1', claims: { preferred_username: 'Olga', groups: ['network'] } }
    await page.getByRole('link', { name: 'Sign in with Campus login' }).click()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.getByText('Olga').first().waitFor()
    expect(await page.getByRole('button', { name: 'Change password' }).count()).toBe(0)
    const ours = (await context.cookies()).filter(({ name }) => name.startsWith('rightofway'))
    expect(ours).toMatchObject([
      { name: 'rightofway', httpOnly: true, sameSite: 'Strict' },
      { name: 'rightofway-browser', httpOnly: true, sameSite: 'Strict' },
    ])
    await page.reload()
    await page.getByRole('heading', { name: 'Overview' }).waitFor()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('link', { name: 'Sign in with Campus login' }).waitFor()
    expect(complaints).toEqual([])
  })

  it('shows admins which users sign in by SSO, and that the provider sets their roles', async () => {
    const { page } = await visits.signedIn('admin', 'Ann')
    await page.getByRole('navigation').getByRole('link', { name: 'Users', exact: true }).click()
    const row = page.getByRole('row', { name: /^Olga/ })
    await row.getByText('(set by the OpenID provider)').waitFor()
    expect(await row.getByRole('combobox').count()).toBe(0)
    await expectAccessible(page)
  })
})
