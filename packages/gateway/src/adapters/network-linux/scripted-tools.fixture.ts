// Tools with the answers of a test's script.

import { type Follower, type Outcome, type Tool, ToolMissing, type Tools } from './kernel/tools.js'

export interface Scripted extends Tools {
  /** The commands, with their input. */
  readonly said: { readonly tool: Tool; readonly args: readonly string[]; readonly input: string }[]
  /** Makes a followed tool print a line. */
  print(tool: Tool, line: string): void
  /** Makes a followed tool print a line on its standard error. */
  complain(tool: Tool, line: string): void
  /** Ends a followed tool. */
  end(tool: Tool, reason?: string): void
  /** Followed tools, by their arguments. */
  readonly following: ReadonlyMap<Tool, readonly string[]>
}

/** @param answer undefined: the tool does not exist */
export function scriptedTools(
  answer: (command: string, input: string) => Partial<Outcome> | undefined = () => ({}),
): Scripted {
  const said: Scripted['said'][number][] = []
  const followed = new Map<Tool, Follower>()
  const following = new Map<Tool, readonly string[]>()
  const leave = (tool: Tool) => {
    followed.delete(tool)
    following.delete(tool)
  }
  return {
    said,
    following,
    async run(tool, args, input = '') {
      said.push({ tool, args, input })
      const outcome = answer([tool, ...args].join(' '), input)
      if (outcome === undefined) throw new ToolMissing(tool, { cause: new Error(`spawn ${tool} ENOENT`) })
      return { code: 0, stdout: '', stderr: '', ...outcome }
    },
    follow(tool, args, follower) {
      followed.set(tool, follower)
      following.set(tool, args)
      return () => leave(tool)
    },
    print: (tool, line) => followed.get(tool)?.onLine(line),
    complain: (tool, line) => followed.get(tool)?.onComplaint(line),
    end(tool, reason = 'it said nothing') {
      const follower = followed.get(tool)
      leave(tool)
      follower?.onEnd(reason)
    },
  }
}
