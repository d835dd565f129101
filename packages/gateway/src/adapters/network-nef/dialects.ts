// The differences between NEFs and SCEFs that matter to requests. Each line is taken from their code or their
// documentation.

export const NEF_DIALECTS = [
  'release17',
  'release18',
  'ericsson',
  'oracle',
  'eurecom',
  'medianetlab',
  'iavcoelho',
] as const
export type NefDialectName = (typeof NEF_DIALECTS)[number]

export interface NefDialect {
  /** Members with the device's address. */
  readonly addresses: { readonly ipv4: string; readonly ipv6: string }
  /** Whether one address identifies the device: a flow of two families is two subscriptions then. */
  readonly oneAddress: boolean
  /** Whether it supports flows. Otherwise a subscription is for all traffic of the device. */
  readonly flows: boolean
  /** Whether `qosReference` is a number: a 5QI. */
  readonly numericReference: boolean
  /** Whether subscriptions can be listed, and whether by the address of the device. */
  readonly list?: 'all' | 'by address'
  /** Whether a subscription can be read. */
  readonly reads: boolean
  /** The member that makes it expire. */
  readonly expiry?: 'qosDuration' | 'expirationTime'
  /** Whether a document has its state in `status`. */
  readonly status: boolean
  /** Whether it notifies of an end. Otherwise look-ups find it. */
  readonly tellsEnd: boolean
  /** Whether it supports test notifications (feature Notification_test_event). */
  readonly testNotification: boolean
}

const BY_THE_BOOK: NefDialect = {
  addresses: { ipv4: 'ueIpv4Addr', ipv6: 'ueIpv6Addr' },
  oneAddress: true,
  flows: true,
  numericReference: false,
  list: 'by address',
  reads: true,
  status: false,
  tellsEnd: true,
  testNotification: true,
}

const { list: _, ...WITHOUT_LIST } = BY_THE_BOOK

export const NEF_DIALECT: Readonly<Record<NefDialectName, NefDialect>> = {
  release17: BY_THE_BOOK,
  release18: { ...BY_THE_BOOK, expiry: 'qosDuration' },
  ericsson: { ...WITHOUT_LIST, expiry: 'expirationTime', status: true, testNotification: false },
  oracle: { ...WITHOUT_LIST, reads: false, testNotification: false },
  eurecom: { ...WITHOUT_LIST, testNotification: false },
  medianetlab: {
    ...BY_THE_BOOK,
    addresses: { ipv4: 'ipv4Addr', ipv6: 'ipv6Addr' },
    oneAddress: false,
    flows: false,
    numericReference: true,
    list: 'all',

    tellsEnd: false,
    testNotification: false,
  },
  iavcoelho: { ...BY_THE_BOOK, list: 'all', tellsEnd: false, testNotification: false },
}
