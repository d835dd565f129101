// docs/guides/sandbox.md: the world that sandboxes load, and how to provoke every code with it.

import { recipeText } from '../../packages/gateway/src/sandbox/recipe-text.js'
import { RECIPES, SESSION, statusOf } from '../../packages/gateway/src/sandbox/recipes.js'
import { worldRows } from '../../packages/gateway/src/sandbox/world.js'

export const file = 'docs/guides/sandbox.md'

const code = (text: string): string => `\`${text}\``

export function generate(): string {
  const world = worldRows().map(({ kind, what, values }) => `| ${kind} | ${what} | ${values.map(code).join(', ')} |`)
  const codes = RECIPES.map(
    (recipe) => `| ${statusOf(recipe.code)} | ${code(recipe.code)} | ${recipeText(recipe, code)} |`,
  )
  return `# The sandbox

A gateway whose network is simulated and whose clock can be moved. All else is the gateway that you would run: the same
routes, rules, store and events. There are two ways to have one.

## In your tests

\`\`\`
npm install --save-dev @rightofway/sandbox
\`\`\`

\`\`\`ts
import { startSandbox } from '@rightofway/sandbox'

await using sandbox = await startSandbox()
const device = sandbox.client().devices.get({ phoneNumber: '+36721601234567' })

const session = await device.createQodSession({
  profile: 'QOS_L',
  serviceIpv4: '233.252.0.2',
  duration: 3600,
  ...sandbox.inbox.sink,
})
console.log((await sandbox.inbox.next()).status)

await sandbox.advance('1h')
console.log((await sandbox.inbox.next()).statusInfo)
console.log((await session.refresh()).status)
\`\`\`

It runs in your test's process, on a free port of loopback, in a folder of its own, and leaves nothing behind. Start one
per test: it takes a fraction of a second, and no two tests see each other.

\`\`\`ts
await sandbox.advance('90s')
await sandbox.network.refuseNext()
await sandbox.network.grantNextAfter(5_000)
await sandbox.network.ignoreNext()
await sandbox.network.loseNextAfter(60_000)
await sandbox.network.lose(session)
await sandbox.network.failNext()
await sandbox.network.setCapacity({ downlinkBps: 30_000_000, uplinkBps: 30_000_000 })
console.log(await sandbox.network.held())
sandbox.inbox.answerNext(503, 503)
console.log(sandbox.inbox.events)
const another = sandbox.client({ token: await sandbox.newKey() })
await sandbox.addDevice('robot', { phoneNumber: '+36201234567', addresses: [{ address: '10.1.2.3' }] })
\`\`\`

- \`advance\` takes seconds, or \`90s\`, \`15m\`, \`1h\`, up to \`7d\`. It returns when everything that fell due has happened:
  sessions have ended, events were delivered. No test has to sleep.
- Delays of the network are of the sandbox's clock.
- \`startSandbox({ settings })\` takes the settings of [configuration.md](../reference/configuration.md), by their names there.

Whole tests: [with vitest](../../examples/testing/video-call.vitest.ts),
[with node:test](../../examples/testing/video-call.node-test.ts).

## As a process

\`\`\`
rightofway doctor --sandbox      # says what this machine lacks
rightofway serve --sandbox
\`\`\`

for programs in other languages and for trying things out; [getting-started.md](getting-started.md) shows it. Its clock
is moved, and its network told what to do, through the admin API on its unix socket, which is described at
\`/admin/v1/docs\`:

\`\`\`
curl --unix-socket rightofway-data/admin.sock http://localhost/admin/v1/sandbox/clock/advance \\
  -H 'Content-Type: application/json' -d '{ "seconds": 3600 }'
\`\`\`

What it knows and can do from the start is printed when it starts, and by

\`\`\`
rightofway sandbox
rightofway sandbox errors
rightofway sandbox token ac0000000000 --expired
\`\`\`

A sandbox listens on loopback only: its keys are no secrets. Its clock is ahead of yours as soon as it was moved; every
answer's \`Date\` is the sandbox's, and the SDK goes by it.

## Everything that it knows

This table is printed from what a sandbox loads (\`packages/gateway/src/sandbox/world.ts\`) by \`npm run docs\`. A new
sandbox loads it once; what you change stays changed. An \`admin\` row is a call of the admin API, below \`/admin/v1\` of its
unix socket; a \`command\` is one of the command line. Delays are of the sandbox's clock.

| kind | what it is for | value |
|---|---|---|
${world.join('\n')}

- A key stands in \`Authorization: Bearer\`. A client gets tokens at \`/oauth2/token\`
  ([authentication.md](../operate/authentication.md)), with fewer scopes if it asks for fewer. Tokens that speak for a device, that
  have expired or that are somebody else's are made by \`rightofway sandbox token\`, or \`POST /sandbox/tokens\` of the
  admin API.
- The https sink has a certificate that is made at every start. The gateway trusts it, and so may you, by the file beside
  its URL; where both are is printed at the start, by \`rightofway sandbox\`, and by \`GET /sandbox/inbox\` of the admin API.

## Every answer, and how to provoke it

Printed from \`packages/gateway/src/sandbox/recipes.ts\`, and every row is run by a test. A session is, where a row does not
say otherwise, \`POST /quality-on-demand/v1/sessions\` with

\`\`\`json
${JSON.stringify(SESSION)}
\`\`\`

as application A. The last request of a row is the one that is answered so.

| status | code | requests |
|---|---|---|
${codes.join('\n')}
`
}
