// How the NEFs and SCEFs differ from one another, as far as they are asked differently. Each line was read in their code
// or their documentation.

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
  /** Members with the address of the device. */
  readonly addresses: { readonly ipv4: string; readonly ipv6: string }
  /** Whether one address names the device: a flow of two families is two subscriptions then. */
  readonly oneAddress: boolean
  /** Whether flows can be told. Otherwise all traffic of the device is meant. */
  readonly flows: boolean
  /** Whether `qosReference` is a number: a 5QI. */
  readonly numericReference: boolean
  /** Whether subscriptions can be listed, and whether by the address of the device. */
  readonly list?: 'all' | 'by address'
  /** Whether one can be read. */
  readonly reads: boolean
  /** The member by which it ends by itself. */
  readonly expiry?: 'qosDuration' | 'expirationTime'
  /** Whether a document says how it stands, in `status`. */
  readonly status: boolean
  /** Whether it tells that it ended one. Otherwise that is looked for. */
  readonly tellsEnd: boolean
  /** Whether it can be asked for a test notification (feature Notification_test_event). */
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
