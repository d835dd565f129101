// An application's own code, to be tested: it makes a video call better, for as long as the call lasts.

import type { NetworkAsCodeClient } from '@rightofway/sdk'

export interface Call {
  readonly phoneNumber: string
  readonly server: string
  readonly seconds: number
}

/** How a call goes: with the quality asked for, or as well as it can without. */
export type Quality = 'assured' | 'best effort'

export async function startCall(client: NetworkAsCodeClient, { phoneNumber, server, seconds }: Call): Promise<Quality> {
  const device = client.devices.get({ phoneNumber })
  const session = await device.createQodSession({ profile: 'QOS_M', serviceIpv4: server, duration: seconds })
  await session.settled()
  return session.status === 'AVAILABLE' ? 'assured' : 'best effort'
}

export async function endCall(client: NetworkAsCodeClient, { phoneNumber }: Call): Promise<void> {
  await client.devices.get({ phoneNumber }).clearSessions()
}
