// The differences between NEFs and SCEFs. Each line is taken from their code or their documentation.

import { randomBytes, randomUUID } from 'node:crypto'
import type { CoreEvent } from '../events.js'
import type { DialectName } from '../state/settings.js'
import type { Store } from '../state/store.js'
import type { Answer, Problem } from '../transport/answer.js'
import { checkOf } from '../transport/validator.js'
import { PATCHES, type PatchName, SUBSCRIPTIONS } from './schema.js'

/** The answer to an operation that is not simulated: method not allowed, or not implemented. */
type Missing = 405 | 501

export interface Dialect {
  newId(store: Store): string
  readonly check: (body: unknown) => unknown
  /** Undefined: there is no PATCH. */
  readonly checkPatch?: (body: unknown) => unknown
  /** How all subscriptions are listed: as an array, with 404 for none, or not at all. */
  readonly list: 'array' | '404 when empty' | Missing
  readonly read: 'document' | Missing
  readonly replace: 'document' | Missing
  readonly modify: 'document' | Missing
  /** The answer to a delete: empty, or the deleted document. */
  readonly deleted: 204 | 'document'
  /** Whether a subscription is found only below the scsAsId that created it. */
  readonly owners: 'kept apart' | 'kept apart, except for delete' | 'ignored'
  /** The member with its own location, and the value: a URL, one with a host that only the operator reaches, an id. */
  readonly self: readonly ['self' | 'link', 'url' | 'internal url' | 'id']
  /** One subscription for each device: a second one gets 409. */
  readonly onePerDevice: boolean
  /** Exactly one member identifies the device, and there is no `dnn` and `snssai`. */
  readonly exactlyOneDevice: boolean
  readonly tells: readonly CoreEvent[]
  /** `N5`: the URL is handed to the PCF, which sends notifications of its own API. */
  readonly speaks: 'T8' | 'N5'
  /** Whether a test notification can be asked for (feature Notification_test_event). */
  readonly testNotification: boolean
  /** Whether a subscription that the network ended stays until it is deleted. */
  readonly keepsTerminated: boolean
  /** Whether a document has its state in `status`: `PENDING`, `ACTIVE`, `FAILED`. */
  readonly status: boolean
  /** The member that makes it expire. */
  readonly expiry?: 'qosDuration' | 'expirationTime'
  /** The status of a refusal by the network. */
  readonly refusal: { readonly noDevice: number; readonly unknownReference: number }
  /** The form of an error. */
  error(answer: Answer): Answer
}

/** Feature 2: Notification_test_event. */
export const TEST_NOTIFICATION = 2

const asProblem = (answer: Answer): Answer => answer

/** The form of FastAPI. */
const asDetail = ({ status, body }: Answer): Answer => {
  const { detail, title } = body as Problem
  return { status, body: { detail: detail ?? title } }
}

/** A JSON string with the error's text. */
const asText = ({ status, body }: Answer): Answer => {
  const { detail, title } = body as Problem
  return { status, body: detail ?? title ?? '' }
}

const objectId = () => randomBytes(12).toString('hex')
const counted = (store: Store) => String(store.next('nef'))

const ALL: readonly CoreEvent[] = ['allocated', 'failed', 'lost', 'guaranteed', 'not-guaranteed', 'terminated']

const BY_THE_BOOK: Omit<Dialect, 'check' | 'checkPatch'> = {
  newId: () => randomUUID(),
  list: 'array',
  read: 'document',
  replace: 'document',
  modify: 'document',
  deleted: 204,
  owners: 'kept apart',
  self: ['self', 'url'],
  onePerDevice: false,
  exactlyOneDevice: false,
  tells: ALL,
  speaks: 'T8',
  testNotification: true,
  keepsTerminated: true,
  status: false,
  refusal: { noDevice: 404, unknownReference: 403 },
  error: asProblem,
}

/** @returns a check of a patch that drops the members that cannot be changed */
function patchOf(name: PatchName, cause?: string): (body: unknown) => unknown {
  const schema = PATCHES[name]
  const check = checkOf(schema, cause)
  return (body) => Object.fromEntries(Object.entries(check(body)).filter(([member]) => member in schema.properties))
}

const INVALID = 'INVALID_MSG_FORMAT'

export const NEF_DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  release17: {
    ...BY_THE_BOOK,
    check: checkOf(SUBSCRIPTIONS.release17, INVALID),
    checkPatch: patchOf('release17', INVALID),
  },
  release18: {
    ...BY_THE_BOOK,
    check: checkOf(SUBSCRIPTIONS.release18, INVALID),
    checkPatch: patchOf('release18', INVALID),
    expiry: 'qosDuration',
  },
  ericsson: {
    ...BY_THE_BOOK,
    newId: counted,
    check: checkOf(SUBSCRIPTIONS.ericsson, INVALID),
    checkPatch: patchOf('ericsson', INVALID),
    list: 405,
    self: ['self', 'internal url'],
    tells: ['allocated', 'lost', 'terminated'],
    testNotification: false,
    keepsTerminated: false,
    status: true,
    expiry: 'expirationTime',
  },
  oracle: {
    ...BY_THE_BOOK,
    newId: counted,
    check: checkOf(SUBSCRIPTIONS.release17, INVALID),
    list: 405,
    read: 405,
    modify: 405,
    tells: ['terminated'],
    testNotification: false,
    keepsTerminated: false,
  },
  eurecom: {
    ...BY_THE_BOOK,
    check: checkOf(SUBSCRIPTIONS.eurecom),
    list: 501,
    replace: 501,
    modify: 501,
    self: ['self', 'id'],
    tells: ['terminated'],
    speaks: 'N5',
    testNotification: false,
    keepsTerminated: false,
    refusal: { noDevice: 500, unknownReference: 500 },
    error: asText,
  },
  medianetlab: {
    ...BY_THE_BOOK,
    newId: objectId,
    check: checkOf(SUBSCRIPTIONS.medianetlab),
    list: '404 when empty',
    modify: 405,
    deleted: 'document',
    owners: 'ignored',
    self: ['link', 'url'],
    onePerDevice: true,
    tells: ['guaranteed', 'not-guaranteed'],
    testNotification: false,
    keepsTerminated: false,
    refusal: { noDevice: 404, unknownReference: 400 },
    error: asDetail,
  },
  iavcoelho: {
    ...BY_THE_BOOK,
    newId: objectId,
    check: checkOf(SUBSCRIPTIONS.release17),
    checkPatch: patchOf('release17'),
    owners: 'kept apart, except for delete',
    onePerDevice: true,
    exactlyOneDevice: true,
    tells: ['allocated', 'failed', 'guaranteed', 'not-guaranteed'],
    testNotification: false,
    keepsTerminated: false,
    refusal: { noDevice: 404, unknownReference: 400 },
    error: asDetail,
  },
}
