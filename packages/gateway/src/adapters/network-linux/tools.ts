// The tools by which the kernel is told and asked: nft, tc, ip and conntrack, as programs. What they are told is what an
// administrator would type, and what they complain about is passed on in their own words.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

export type Tool = 'nft' | 'tc' | 'ip' | 'conntrack'

/** What came of a command. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Tools {
  /** Runs a tool to its end. @throws {ToolMissing} */
  run(tool: Tool, args: readonly string[], input?: string): Promise<Outcome>
  /** Runs a tool that has no end, and tells of what it says. @returns what stops it */
  follow(tool: Tool, args: readonly string[], follower: Follower): () => void
}

/** Who listens to a tool that has no end. */
export interface Follower {
  /** Told of every line of its standard output. */
  onLine(line: string): void
  /** Told of every line of its standard error. */
  onComplaint(line: string): void
  /** Told once if it ends although nobody stopped it, or could not be started; `reason` in its own words. */
  onEnd(reason: string): void
}

/** A tool that is not installed or may not be started. */
export class ToolMissing extends Error {
  override readonly name = 'ToolMissing'
  constructor(
    readonly tool: Tool,
    options: { cause: Error },
  ) {
    super(`${tool} cannot be started: ${options.cause.message}`, options)
  }
}

/** Their words must be those that we know, whatever the language of the machine; and no PATH is without sbin. */
const ENV = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' }

/**
 * Ends a tool when its input ends: it must not outlive a gateway that was killed. `exec` would be simpler, and the tool
 * would not look at its input. A signal to the whole process group ends `cat`, and must leave the shell for what follows.
 */
const FOLLOWED = 'trap : HUP INT TERM; "$@" & tool=$!; cat >/dev/null; kill "$tool" 2>/dev/null'

/** @param enter a command line that they are started by, to have them work in another namespace. Default: none */
export function machineTools(enter: readonly string[] = []): Tools {
  return {
    async run(tool, args, input = '') {
      const [command, ...rest] = [...enter, tool, ...args] as [string, ...string[]]
      const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'], env: ENV })
      const ended = new Promise<number>((resolve, reject) => {
        child.once('error', (error) => reject(new ToolMissing(tool, { cause: error })))
        child.once('close', (code) => resolve(code ?? 1))
      })
      // One that stops reading has something to say, and says it by its code and its words.
      child.stdin.on('error', () => undefined)
      child.stdin.end(input)
      const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
      return { code, stdout, stderr }
    },

    follow(tool, args, { onLine, onComplaint, onEnd }) {
      let stopped = false
      let reason: string | undefined
      const [command, ...rest] = [...enter, 'sh', '-c', FOLLOWED, tool, tool, ...args] as [string, ...string[]]
      const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'], env: ENV })
      createInterface({ input: child.stdout }).on('line', (line) => !stopped && onLine(line))
      createInterface({ input: child.stderr }).on('line', (line) => {
        reason ??= line
        if (!stopped) onComplaint(line)
      })
      const end = (because: string) => {
        // The shell waits for the end of its input, whether its tool has ended or not.
        child.stdin.end()
        if (!stopped) onEnd(because)
        stopped = true
      }
      child.stdin.on('error', () => undefined)
      child.once('error', (error) => end(error.message))
      // Its output ends with the tool, and not with the shell around it.
      child.stdout.once('close', () => end(reason ?? 'it said nothing'))
      return () => {
        stopped = true
        child.stdin.end()
        // Nobody waits for it, and a stop of ours least of all.
        child.stdout.destroy()
        child.stderr.destroy()
        child.unref()
      }
    },
  }
}
