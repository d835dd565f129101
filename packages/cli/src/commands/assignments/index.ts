import { Command } from 'commander'
import type { Terminal } from '../../terminal.js'
import { createCommand } from './create.js'
import { findCommand } from './find.js'
import { getCommand } from './get.js'
import { revokeCommand } from './revoke.js'
import { watchCommand } from './watch.js'

/** `rightofway assignments`: profiles for devices, without end. */
export const assignmentsCommand = (terminal: Terminal): Command =>
  new Command('assignments')
    .addCommand(createCommand(terminal))
    .addCommand(findCommand(terminal))
    .addCommand(getCommand(terminal))
    .addCommand(revokeCommand(terminal))
    .addCommand(watchCommand(terminal))
