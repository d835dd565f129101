// Everything by position, as the page's older readers know it: the profile comes first.

import { NetworkAsCodeClient } from '@rightofway/sdk'

const client = new NetworkAsCodeClient('<your-application-key>')

const myDevice = client.devices.get(
  'device@testcsp.net',
  { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25', publicPort: 80 },
  '36721601234567',
)

const mySession = await myDevice.createQodSession(
  'QOS_L',
  '233.252.0.2',
  '2001:db8:1234:5678:9abc:def0:fedc:ba98',
  3600,
)

// A number: leave out the brackets of older clients.
console.log(mySession.duration)
await mySession.extendSession(600)
console.log(mySession.duration)
await mySession.deleteSession()
await myDevice.clearSessions()
