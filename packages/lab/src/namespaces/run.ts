// Runs commands until they exit.

import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** A command that failed, with its error output. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed'
  constructor(
    readonly argv: readonly string[],
    readonly code: number | string,
    readonly stderr: string,
  ) {
    super(`${argv.join(' ')}: ${stderr.trim() || `it ended with ${code}`}`)
  }
}

/**
 * Runs a command and resolves with its output.
 * @throws {CommandFailed} it could not be started, or exited with another code than 0
 */
export async function run(argv: readonly string[], input = ''): Promise<string> {
  const [command = '', ...args] = argv
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise<number | string>((resolve, reject) => {
    child.once('error', (error) => reject(new CommandFailed(argv, 'no start', error.message)))
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'no code'))
  })
  // A command that does not read its input closes the pipe: its exit code decides.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  if (code !== 0) throw new CommandFailed(argv, code, stderr)
  return stdout
}
