// docs/reference/errors.md, out of the registry of errors and the operations that answer with them.

import { ERRORS, type ErrorCode } from '@rightofway/camara'
import { APIS, CALLER_ERRORS, COMMON_ERRORS, CONNECTION_ERRORS, type Operation } from '@rightofway/camara/schemas'
import { ADMIN_ROUTES } from '../../packages/gateway/src/http/admin/index.js'
import { clockRoutes } from '../../packages/gateway/src/sandbox/routes/clock.js'
import { simulatorRoutes } from '../../packages/gateway/src/sandbox/routes/simulator.js'

export const file = 'docs/reference/errors.md'

const CAMARA: readonly Operation[] = APIS.flatMap(({ operations }) => operations)
const ADMIN: readonly Operation[] = [...ADMIN_ROUTES, ...simulatorRoutes, ...clockRoutes].map(
  ({ operation }) => operation,
)
function answeredBy(code: ErrorCode): string {
  if (CONNECTION_ERRORS.includes(code)) return 'the connection'
  if (COMMON_ERRORS.includes(code)) return 'any operation'
  if (CALLER_ERRORS.includes(code)) return 'any operation but those of the admin API'
  const camara = CAMARA.filter(({ errors }) => errors.includes(code)).map(({ operationId }) => `\`${operationId}\``)
  const admin = ADMIN.some(({ errors }) => errors.includes(code)) ? ['the admin API'] : []
  const all = [...camara, ...admin]
  if (all.length === 0) throw new Error(`no operation answers with ${code}`)
  return all.join(', ')
}

export function generate(): string {
  const rows = (Object.keys(ERRORS) as ErrorCode[])
    .map((code) => ({ code, ...ERRORS[code] }))
    .sort((a, b) => a.status - b.status)
    .map(({ code, status, message }) => `| ${status} | \`${code}\` | ${message} | ${answeredBy(code)} |`)
  return `# Errors

Every error that the gateway answers with, printed from its registry (\`packages/camara/src/errors.ts\`) by
\`npm run docs\`. An error has one form:

\`\`\`json
{ "status": 409, "code": "CONFLICT", "message": "${ERRORS.CONFLICT.message}" }
\`\`\`

\`code\` is for programs and does not change; \`message\` is for people: it says what was wrong, where, and what is
allowed, if known. Every answer has an \`x-correlator\`: quote it when you ask for help.

In the SDK this is a \`QodApiError\` with \`status\`, \`code\`, \`message\`, \`correlator\` and, where the answer said
so, \`retryAfterSeconds\`. An answer that is none of CAMARA's, a proxy's page for example, has the code \`HTTP_\` and
its status. If there is no answer, it is a \`QodConnectionError\`;
[sessions.md](../guides/sessions.md#when-there-is-no-answer) explains what to do then. A call with invalid arguments
is a \`QodArgumentError\`, and nothing was sent. All of them are \`QodError\`s.

\`\`\`ts
try {
  await device.createQodSession({ profile: 'QOS_L', serviceIpv4: '233.252.0.2', duration: 3600 })
} catch (error) {
  if (!(error instanceof QodApiError && error.code === 'CONFLICT')) throw error
  console.log('this flow has its session already', error.correlator)
}
\`\`\`

| status | code | what it means | answered by |
|---|---|---|---|
${rows.join('\n')}

- 401 comes with \`WWW-Authenticate\`, 405 with \`Allow\`, 429 and 503 with \`Retry-After\` where it is known when a repeat
  makes sense.
- The checks have an order: who asks (401), how often (429), whether they may (403), whether the request is well-formed
  (400), which device is meant (422, 404), what is asked for (400, 422), and what stands in its way (409). Of a session:
  whether the request is well-formed (400), whether there is such a session (404), whose it is (403), and whether its
  state allows it (409).
- Where CAMARA's 1.1 and 1.2 name one fault differently, \`/v1\` answers with 1.1's code and the aliases with 1.2's: a sink
  credential of an unknown type is \`INVALID_CREDENTIAL\` on the first and \`INVALID_ARGUMENT\` on the others.
`
}
