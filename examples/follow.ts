// Following a session: it settles, changes, and ends, and each is told as it happens.

import { NetworkAsCodeClient } from '@rightofway/sdk'

const client = new NetworkAsCodeClient({ token: process.env['RIGHTOFWAY_KEY'] })
const device = client.devices.get({ phoneNumber: '+36721601234567' })

const session = await device.createQodSession({
  profile: 'QOS_E',
  serviceIpv4: '233.252.0.2:5060',
  duration: 2,
  respondAsync: true, // do not wait for the network
})
console.log(session.status)
for await (const change of session.changes()) console.log(change.status, change.statusInfo ?? '')
