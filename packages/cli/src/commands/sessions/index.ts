import { Command } from 'commander'
import type { Terminal } from '../../terminal.js'
import { createCommand } from './create.js'
import { endCommand } from './end.js'
import { extendCommand } from './extend.js'
import { getCommand } from './get.js'
import { inspectCommand } from './inspect.js'
import { listCommand } from './list.js'
import { watchCommand } from './watch.js'

/** `rightofway sessions`: the operations of an application. */
export const sessionsCommand = (terminal: Terminal): Command =>
  new Command('sessions')
    .addCommand(createCommand(terminal))
    .addCommand(listCommand(terminal))
    .addCommand(getCommand(terminal))
    .addCommand(inspectCommand(terminal))
    .addCommand(extendCommand(terminal))
    .addCommand(endCommand(terminal))
    .addCommand(watchCommand(terminal))
