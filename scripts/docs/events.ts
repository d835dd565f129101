// docs/reference/events.md: the attempts, the bounds and the shape of an event are those of the code.

import { ASSIGNMENT_STATUS_CHANGED, EVENT_MEDIA_TYPE, instant, type SessionId } from '@rightofway/camara'
import { ATTEMPT_TIMEOUT_MS } from '../../packages/gateway/src/delivery/deliverer.js'
import { BOUNDS, SLOW_MS } from '../../packages/gateway/src/delivery/queues.js'
import { attemptMs, GIVE_UP_MS, JITTER } from '../../packages/gateway/src/delivery/schedule.js'
import { TERMS } from '../../packages/gateway/src/domain/session.fixture.js'
import { JWKS_PATH } from '../../packages/gateway/src/http/jwks.js'
import { toCloudEvent } from '../../packages/gateway/src/usecases/events/cloud-event.js'

export const file = 'docs/reference/events.md'

const EXAMPLE = toCloudEvent(
  {
    session: TERMS.id as SessionId,
    owner: TERMS.owner,
    ordinal: 2,
    at: instant(Date.parse('2026-06-01T13:00:00Z')),
    report: { status: 'UNAVAILABLE', statusInfo: 'DURATION_EXPIRED' },
  },
  'https://qod.example',
)

function lengthOf(ms: number): string {
  const [count, unit] = ms < 60_000 ? [ms / 1_000, 's'] : ms < 3_600_000 ? [ms / 60_000, 'min'] : [ms / 3_600_000, 'h']
  return `${Math.round(count * 100) / 100} ${unit}`
}

/** Every attempt that is made, but for the long row of hourly ones. */
function schedule(): string {
  const all: number[] = []
  for (let number = 1; attemptMs(number) <= GIVE_UP_MS; number++) all.push(attemptMs(number))
  const hourly = all.findIndex((ms, index) => ms - (all[index - 1] ?? ms) === 3_600_000)
  const rows = all
    .filter((_, index) => index <= hourly || index === all.length - 1)
    .map((ms) => `| ${all.indexOf(ms) + 1} | ${ms === 0 ? 'at once' : lengthOf(ms)} |`)
  rows.splice(hourly + 1, 0, '| ... | every hour |')
  return rows.join('\n')
}

export const generate = (): string => `# Events

The gateway sends an event to the \`sink\` of a session, or of an assignment, when it becomes AVAILABLE and when it becomes
UNAVAILABLE, with the reason. This page lists the guarantees for receivers. \`npm run docs\` takes its numbers from the code.

\`\`\`
POST /your/path
content-type: ${EVENT_MEDIA_TYPE}
x-correlator: that of the request that created the session

${JSON.stringify(EXAMPLE, null, 2)}
\`\`\`

The event of an assignment has the type \`${ASSIGNMENT_STATUS_CHANGED}\`, and as \`data\`
\`assignmentId\`, \`status\` and \`statusInfo\`. All else on this page is true of it too.

- **At least once.** The gateway stores an event in the same commit as the change that it reports. An event can arrive
  twice. Every attempt has the same \`id\` and the same body, whichever gateway makes it.
- **Possibly before the answer.** The first event can arrive before the answer to the create. A receiver that looks up the
  session by \`sessionId\` must handle an id that it does not know yet.
- **In order per session.** The gateway sends the next event of a session when the previous one was accepted or became a
  dead letter.
- **Any 2xx accepts an event.** 410 stops all deliveries of that session. Any other status is a failure. Redirects are
  failures too: the gateway does not follow them. It reads the status only, and does not wait for a body.
- **${lengthOf(ATTEMPT_TIMEOUT_MS)} for each attempt**, from the look-up of the name to the first line of the answer.
- **\`Retry-After\`** of a failure delays the next attempt; it never brings an attempt forward.

## Attempts

| attempt | after the first one |
|---|---|
${schedule()}

Each delay varies by up to ${JITTER * 100} %, so that sinks that failed together are not retried together. An event that was not
accepted within ${lengthOf(GIVE_UP_MS)} becomes a **dead letter**: the gateway keeps it, and an operator can send it again.

\`\`\`
rightofway events log SESSION            # every attempt, its answer, and when the next one is due
rightofway events queues                 # the queues in which events wait
rightofway events dead                   # dead letters, and why they failed
rightofway events redeliver EVENT        # sends one event again, even if it was delivered
rightofway events redeliver SESSION      # sends all undelivered events of a session again
rightofway events drain                  # sends all dead letters again
\`\`\`

## One slow sink delays nobody else

Events of one application to one host have their own queue. At most ${BOUNDS.perQueue} attempts run at once in one queue, at most
${BOUNDS.perHost} to one host, at most ${BOUNDS.quick} in total to sinks that answer, and at most ${BOUNDS.slow} in total to sinks that took longer than
${lengthOf(SLOW_MS)} or did not answer. Other events wait in the store. \`/metrics\` shows
\`rightofway_event_attempts_under_way\`, \`rightofway_event_queues\` (held, slow), \`rightofway_event_deliveries\` (waiting,
dead), and how late attempts start.

## Who sends it

- **ACCESSTOKEN**: the gateway sends the token of the create as \`Authorization: Bearer\`. It encrypts the token at rest,
  deletes it after the last event, and never sends it after its expiry. If the token expires before the session, the
  answers to create and extend have a \`Warning\` header, and the log names the session.
- **PRIVATE_KEY_JWT**: for applications with a token endpoint that an operator has configured
  (\`PUT /admin/v1/applications/{application}/token-client\`). The gateway signs an assertion (RFC 7523), fetches a token,
  and keeps it until shortly before its expiry. Its public keys are at \`${JWKS_PATH}\`. Without this
  configuration, or with another \`clientId\` or \`tokenUri\`, a request is refused: 422 \`PRIVATE_KEY_JWT_NOT_CONFIGURED\`.
- **Signatures**: for applications with a signing secret (\`POST /admin/v1/applications/{application}/signing-secrets\`)
  every event also carries \`webhook-id\`, \`webhook-timestamp\` and \`webhook-signature\` (Standard Webhooks,
  HMAC-SHA256). They prove that the body is unchanged and not replayed. Two secrets give two signatures: to rotate, add the
  new secret, change the receiver, then delete the old secret.

\`\`\`ts
async function take(request: Request) {
  return parseQodEvent(request, { token: 'a long random text', secret: 'whsec_c2VjcmV0IG9mIHRoZSBhcHBsaWNhdGlvbg==' })
}
\`\`\`

## Where it may be sent

A sink is an https URL. All addresses of its host must be public, in any notation, including IPv4 addresses that are
embedded in IPv6. The gateway resolves the name once and connects to the address that it checked. For private deployments,
\`sinks.allow\` allows other addresses, \`sinks.ca\` names their certificate authorities, \`sinks.nameServers\` the name
servers, and \`sinks.proxy\` a proxy, which is given the checked address. The same rules apply to token endpoints. See
[configuration.md](configuration.md).

## Without a sink

\`GET /quality-on-demand/v1/sessions/{sessionId}/events\` streams the events of one session,
\`GET /quality-on-demand/v1/sessions/events\` those of all sessions of the application, as server-sent events. They are
the same events with the same ids. \`GET /qos-provisioning/v0.4/qos-assignments/{assignmentId}/events\` streams those of one
assignment. These operations are an extension of this gateway; CAMARA has none like them. A stream
continues after its \`Last-Event-ID\`; a value that is no event id is refused (400). Without it, the stream of one session
begins with its first event, and the stream of all sessions begins now. Events are kept for \`history.days\`.
`
