#!/usr/bin/env node
import { run } from './program.js'
import { processTerminal } from './terminal.js'

// Whoever read what is printed may have gone (`| head`): there is nothing more to say to anybody.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE' && error.code !== 'ENOSPC') throw error
})

process.exitCode = await run(process.argv.slice(2), processTerminal, (text) => void process.stderr.write(text))
