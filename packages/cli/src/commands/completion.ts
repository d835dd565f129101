import { Argument, Command } from 'commander'
import { completionScript, SHELLS, type Shell } from '../completion/scripts.js'
import type { Terminal } from '../terminal.js'

/** `rightofway completion`: completion scripts for shells. */
export const completionCommand = (terminal: Terminal, program: Command): Command =>
  new Command('completion')
    .description('print a script that completes commands and options: source <(rightofway completion bash)')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .action((shell: Shell) => terminal.write(completionScript(program, shell)))
