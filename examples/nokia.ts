// Nokia's Network as Code: the same calls, another endpoint.

import { NetworkAsCodeClient, nokia } from '@rightofway/sdk'

const client = new NetworkAsCodeClient({
  // Without baseUrl it is Nokia's platform.
  endpoint: nokia({ baseUrl: process.env['NOKIA_URL'] }),
  token: process.env['NOKIA_KEY'],
})

const device = client.devices.get({
  phoneNumber: '+36721601234567',
  ipv4Address: { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25', publicPort: 80 },
})
const session = await device.createQodSession({ profile: 'QOS_L', serviceIpv4: '233.252.0.2', duration: 3600 })

// It tells nothing by itself: it is asked until the network has decided.
await session.settled()
console.log(session.status, session.duration)
await session.delete()
