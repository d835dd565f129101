// npm run console: a gateway on a throw-away store, with everything in reach: `gateway`, `store`, `clock`, `call`,
// `admin`, `create`, `advance`, `sink`. Try: await create(); await advance(3600); sink.received

import { start } from 'node:repl'
import { startTestGateway } from '../packages/gateway/test/support/gateway.js'

const gateway = await startTestGateway()
process.stdout.write(`a gateway listens at ${gateway.url}; its key is ${gateway.key}\n`)
const repl = start({ prompt: 'rightofway> ' })
Object.assign(repl.context, { ...gateway, gateway })
await new Promise<void>((resolve) => repl.once('exit', resolve))
await gateway.close()
