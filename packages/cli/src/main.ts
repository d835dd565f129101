#!/usr/bin/env node
import { Command } from 'commander'
import { keyringCommand } from './commands/keyring.js'
import { keysCommand } from './commands/keys.js'
import { serveCommand } from './commands/serve.js'

const program = new Command('rightofway')
  .description('Quality on Demand that people can run')
  .addCommand(serveCommand())
  .addCommand(keysCommand())
  .addCommand(keyringCommand())

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`rightofway: ${(error as Error).message}\n`)
  process.exitCode = 1
}
