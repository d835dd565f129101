#!/usr/bin/env node
import { run } from './program.js'
import { endWithOutput, processTerminal } from './terminal.js'

endWithOutput()
process.exitCode = await run(process.argv.slice(2), processTerminal, (text) => void process.stderr.write(text))
