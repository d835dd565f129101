// docs/reference/events.md: the attempts, the bounds and the shape of an event are those of the code.

import { EVENT_MEDIA_TYPE, instant, type SessionId } from '@rightofway/camara'
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

A session tells its \`sink\` when it becomes AVAILABLE and when it becomes UNAVAILABLE, with the reason. This page says
what a receiver can rely on. Its numbers are printed from the code by \`npm run docs\`.

\`\`\`
POST /your/path
content-type: ${EVENT_MEDIA_TYPE}
x-correlator: the one of the request that made the session

${JSON.stringify(EXAMPLE, null, 2)}
\`\`\`

- **At least once.** The gateway keeps an event in the same commit as the change that it tells of. It may come twice: the
  \`id\` is the same on every attempt, whichever gateway makes it, and so is the body.
- **Before the answer, perhaps.** The first event can arrive before the answer of the create. A receiver that looks up the
  session by \`sessionId\` must expect one that it does not know yet.
- **In order per session.** The next event of a session is sent when the one before was taken, or is a dead letter.
- **Any 2xx takes it.** 410 stops all deliveries of that session. Everything else is a failure, redirects too: they are
  not followed. Only the status counts; a body is not waited for.
- **${lengthOf(ATTEMPT_TIMEOUT_MS)} an attempt**, from looking up the name to the first line of the answer.
- **A \`Retry-After\`** of a failure is honoured: it puts the next attempt off, and never brings it forward.

## Attempts

| attempt | after the first one |
|---|---|
${schedule()}

Each distance is varied by up to ${JITTER * 100} %, so that sinks that failed together are not all tried again together. What nobody
has taken after ${lengthOf(GIVE_UP_MS)} is a **dead letter**: it is kept, and can be put back in line.

\`\`\`
rightofway events log SESSION            # every attempt, what the sink answered, and when the next one is due
rightofway events queues                 # where events wait
rightofway events dead                   # what is not attempted any more, and why
rightofway events redeliver EVENT        # one event, even one that was delivered
rightofway events redeliver SESSION      # all of a session that were not delivered
rightofway events drain                  # all dead letters
\`\`\`

## One slow sink delays nobody else

Events of one application to one host stand in a queue of their own. At most ${BOUNDS.perQueue} attempts are under way in one queue, at
most ${BOUNDS.perHost} to one host, at most ${BOUNDS.quick} in all to sinks that answer, and at most ${BOUNDS.slow} in all to those that took longer than
${lengthOf(SLOW_MS)} or did not answer. What there is no room for stays in the store. \`/metrics\` shows it:
\`rightofway_event_attempts_under_way\`, \`rightofway_event_queues\` (held, slow), \`rightofway_event_deliveries\` (waiting,
dead), and how late attempts begin.

## Who sends it

- **ACCESSTOKEN**: the token that the session was created with comes as \`Authorization: Bearer\`. It is encrypted at rest,
  erased when it has served, and never sent after its expiry. Where it expires before the session does, the answer to
  create and to extend says so in a \`Warning\` header, and the log names the session.
- **PRIVATE_KEY_JWT**: for applications that an operator has agreed with on a token endpoint
  (\`PUT /admin/v1/applications/{application}/token-client\`). The gateway signs an assertion (RFC 7523), fetches a token,
  and keeps it until shortly before its expiry. Its public keys are at \`${JWKS_PATH}\`. Where nothing was agreed on, or a
  request names another \`clientId\` or \`tokenUri\`, it is refused: 422 \`PRIVATE_KEY_JWT_NOT_CONFIGURED\`.
- **Signatures**: for applications that have a signing secret (\`POST /admin/v1/applications/{application}/signing-secrets\`)
  every event also carries \`webhook-id\`, \`webhook-timestamp\` and \`webhook-signature\` (Standard Webhooks,
  HMAC-SHA256). They show that the body was not changed and that it is no repeat of an old one. With two secrets there are
  two signatures: add the new one, change the receiver, delete the old one.

\`\`\`ts
async function take(request: Request) {
  return parseQodEvent(request, { token: 'a long random text', secret: 'whsec_c2VjcmV0IG9mIHRoZSBhcHBsaWNhdGlvbg==' })
}
\`\`\`

## Where it may be sent

A sink is an https URL. Its host must have public addresses only, in every spelling and every IPv6 disguise; the gateway
resolves the name once and dials exactly the address it checked. \`sinks.allow\` names other addresses for private
deployments, \`sinks.ca\` their authorities, \`sinks.nameServers\` who is asked for names, and \`sinks.proxy\` a proxy, which
is asked for the checked address. Token endpoints are dialled the same way. [configuration.md](configuration.md) has the
details.

## Without a sink

\`GET /quality-on-demand/v1/sessions/{sessionId}/events\` streams the events of one session,
\`GET /quality-on-demand/v1/sessions/events\` those of all sessions of the application, as server-sent events. They are
the same events under the same ids, and are ours: CAMARA has no such operations. A stream goes on behind its
\`Last-Event-ID\`; what is no id of an event is refused (400). Without one, that of one session begins with its first
event, and that of all sessions begins now.
Events are kept for \`history.days\`.
`
