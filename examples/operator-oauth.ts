// Any operator's CAMARA endpoint, with OAuth 2.0 client credentials: tokens are fetched, kept, and fetched anew.

import { camara, NetworkAsCodeClient, QodApiError } from '@rightofway/sdk'

const client = new NetworkAsCodeClient({
  endpoint: camara({
    baseUrl: process.env['OPERATOR_URL'] ?? 'https://api.operator.example',
    oauth: {
      tokenUrl: process.env['OPERATOR_TOKEN_URL'] ?? 'https://auth.operator.example/token',
      clientId: process.env['OPERATOR_CLIENT_ID'] ?? 'my-app',
      clientSecret: process.env['OPERATOR_CLIENT_SECRET'] ?? '<your-client-secret>',
      scope: 'quality-on-demand:sessions:create quality-on-demand:sessions:read quality-on-demand:sessions:delete',
    },
  }),
})

const profiles = await client.profiles.list({ status: 'ACTIVE' })
console.log(profiles.map(({ name }) => name).join(' '))

const device = client.devices.get({ phoneNumber: '+36721601234567' })
try {
  // However the block is left, the session is deleted.
  await using session = await device.createQodSession({
    profile: 'QOS_L',
    serviceIpv4: '233.252.0.2:443',
    duration: 600,
  })
  console.log(session.status, session.duration)
  await device.createQodSession({ profile: 'QOS_L', serviceIpv4: '233.252.0.2:443', duration: 600 })
} catch (error) {
  if (!(error instanceof QodApiError)) throw error
  console.log(error.status, error.code)
}
console.log((await device.sessions()).length)
