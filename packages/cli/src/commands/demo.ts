import { Command } from 'commander'
import { playDemo } from '../demo/demo.js'
import type { Terminal } from '../terminal.js'

/** `rightofway demo`: the life of a session, in ten seconds. */
export const demoCommand = (terminal: Terminal): Command => new Command('demo').action(() => playDemo(terminal))
