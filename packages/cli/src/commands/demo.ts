import { Command } from 'commander'
import { playDemo } from '../demo/demo.js'
import type { Terminal } from '../terminal.js'

/** `rightofway demo`: what this is all about, in ten seconds. */
export const demoCommand = (terminal: Terminal): Command =>
  new Command('demo')
    .description('watch a session live: asked for, granted, surviving kill -9, ended on time')
    .action(() => playDemo(terminal))
