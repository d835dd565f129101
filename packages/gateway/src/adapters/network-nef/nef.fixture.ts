// A door to a NEF with the options of tests.

import { ApiClient } from '../network-api/client.js'
import type { CoreDoorParts } from '../network-api/core-network.fixture.js'
import { NefDoor, type NefDoorOptions } from './door.js'

export const openNefDoor =
  (options: Partial<NefDoorOptions> = {}) =>
  ({ url, clock, monotonicNow, attemptOf }: CoreDoorParts): NefDoor => {
    const name = 'the NEF of core'
    return new NefDoor({
      ...{ name, clock, monotonicNow, attemptOf },
      client: new ApiClient({ name, baseUrl: url, timeoutMs: 5_000 }),
      ...{ dialect: 'release17', scsAsId: 'gateway', qosReferences: {}, grant: 'onCreated', portRanges: false },
      ...options,
    })
  }
