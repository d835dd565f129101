import { Command } from 'commander'
import { playDemo } from '../demo/demo.js'
import type { Terminal } from '../terminal.js'

/** `rightofway demo`: the life of a session, in ten seconds. */
export const demoCommand = (terminal: Terminal): Command =>
  new Command('demo')
    .description('watch a session live: requested, granted, kept through a kill -9, ended on time')
    .action(() => playDemo(terminal))
