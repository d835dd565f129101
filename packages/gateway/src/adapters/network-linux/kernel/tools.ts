// The tools that change and read the kernel: nft, tc, ip and conntrack, as programs. Their input is what an
// administrator would type, and their errors are passed on unchanged.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export type Tool = 'nft' | 'tc' | 'ip' | 'conntrack'

/** The outcome of a command. */
export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface Tools {
  /**
   * Runs a tool to its end.
   * @param signal kills it when it is aborted
   * @throws {ToolMissing} it cannot be started
   * @throws {ToolKilled} it did not end
   */
  run(tool: Tool, args: readonly string[], input?: string, signal?: AbortSignal): Promise<Outcome>
  /** Runs a tool that does not end, and reports its output. @returns stops it */
  follow(tool: Tool, args: readonly string[], follower: Follower): () => void
}

/** A listener to a tool that does not end. */
export interface Follower {
  /** Called with every line of its standard output. */
  onLine(line: string): void
  /** Called with every line of its standard error. */
  onComplaint(line: string): void
  /** Called once if it ends without being stopped, or could not be started; `reason` in its own words. */
  onEnd(reason: string): void
}

/** A tool that is not installed or not executable. */
export class ToolMissing extends Error {
  override readonly name = 'ToolMissing'
  constructor(
    readonly tool: Tool,
    options: { cause: Error },
  ) {
    super(`${tool} cannot be started: ${options.cause.message}`, options)
  }
}

/** A tool that was killed, with all its children: it hung, or nobody waits for it any more. */
export class ToolKilled extends Error {
  override readonly name = 'ToolKilled'
}

/** A tool that prints nothing for this long hangs, ... */
const SILENCE_MS = 10_000
/** ... plus this for each line of its input: creating a class among 40 000 takes some milliseconds. */
const LINE_MS = 20

/** The language of their output must not depend on the machine; and PATH must have sbin. */
const ENV = { PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`, LC_ALL: 'C' }

/**
 * Ends a tool when its input ends: it must not outlive a gateway that was killed. `exec` would be simpler, but then the
 * tool would not watch its input. A signal to the whole process group ends `cat`, and must leave the shell for what
 * follows.
 */
const FOLLOWED = 'trap : HUP INT TERM; "$@" & tool=$!; cat >/dev/null; kill "$tool" 2>/dev/null'

/**
 * @param enter a command line that starts them, so that they work in another namespace. Default: none
 * @param silenceMs how long they may print nothing. Default: 10 s
 */
export function machineTools(enter: readonly string[] = [], silenceMs = SILENCE_MS): Tools {
  return {
    run(tool, args, input = '', signal) {
      const [command, ...rest] = [...enter, tool, ...args] as [string, ...string[]]
      return new Promise((resolve, reject) => {
        // A process group of its own: the children of a tool die with it.
        const child = spawn(command, rest, { stdio: ['pipe', 'pipe', 'pipe'], env: ENV, detached: true })
        const end = (settle: () => void): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', abort)
          settle()
        }
        const kill = (why: string): void => {
          killGroup(child.pid)
          // Processes that have left the group may hold them open.
          child.stdout.destroy()
          child.stderr.destroy()
          end(() => reject(new ToolKilled(`${tool} was killed: ${why}`)))
        }
        const abort = () => kill('this process stops')
        const limitMs = silenceMs + LINE_MS * (input.split('\n').length - 1)
        const timer = setTimeout(() => kill(`it had said nothing for ${limitMs / 1000} s`), limitMs)
        const said = { stdout: '', stderr: '' }
        for (const stream of ['stdout', 'stderr'] as const) {
          child[stream].setEncoding('utf8').on('data', (chunk: string) => {
            said[stream] += chunk
            timer.refresh()
          })
        }
        child.once('error', (error) => end(() => reject(new ToolMissing(tool, { cause: error }))))
        child.once('close', (code) => end(() => resolve({ code: code ?? 1, ...said })))
        // One that stops reading has something to say, and says it by its code and its words.
        child.stdin.on('error', () => undefined)
        child.stdin.end(input)
        signal?.addEventListener('abort', abort)
        if (signal?.aborted) abort()
      })
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
      // Its output ends with the tool, and not with the surrounding shell.
      child.stdout.once('close', () => end(reason ?? 'it said nothing'))
      return () => {
        stopped = true
        child.stdin.end()
        // Nobody waits for it, least of all a stop of ours.
        child.stdout.destroy()
        child.stderr.destroy()
        child.unref()
      }
    },
  }
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // It has ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
