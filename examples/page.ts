import { NetworkAsCodeClient } from '@rightofway/sdk'

const client = new NetworkAsCodeClient({ token: '<your-application-key>' }) // baseUrl, oauth, ... are options

const myDevice = client.devices.get({
  networkAccessIdentifier: 'device@testcsp.net',
  ipv4Address: { publicAddress: '233.252.0.2', privateAddress: '192.0.2.25', publicPort: 80 },
  phoneNumber: '+36721601234567', // "+" is accepted; spaces and "()" are not
})

const mySession = await myDevice.createQodSession({
  profile: 'QOS_L',
  serviceIpv4: '233.252.0.2',
  serviceIpv6: '2001:db8:1234:5678:9abc:def0:fedc:ba98',
  duration: 3600, // seconds; default and upper limit 86 400 (24 h)
})

console.log(await myDevice.sessions())
console.log(mySession.duration, mySession.startedAt, mySession.expiresAt)
await mySession.delete() // terminate whenever needed; the next one covers the same IPv6 server

const again = await myDevice.createQodSession(
  'DOWNLINK_L_UPLINK_L',
  '192.0.2.25',
  '2001:db8:1234:5678:9abc:def0:fedc:ba98',
  3600, // by position: profile first
)
await again.delete()
