// Tools that answer what a test says they answer.

import { type Outcome, type Tool, ToolMissing, type Tools } from './tools.js'

export interface Scripted extends Tools {
  /** What was run, with its input. */
  readonly said: { readonly tool: Tool; readonly args: readonly string[]; readonly input: string }[]
  /** Has a tool that is followed print a line. */
  print(tool: Tool, line: string): void
  /** Ends a tool that is followed. */
  end(tool: Tool): void
  readonly following: ReadonlySet<Tool>
}

/** @param answer undefined: the tool is not there */
export function scriptedTools(
  answer: (command: string, input: string) => Partial<Outcome> | undefined = () => ({}),
): Scripted {
  const said: Scripted['said'][number][] = []
  const followed = new Map<Tool, { onLine(line: string): void; onEnd(): void }>()
  return {
    said,
    following: { has: (tool: Tool) => followed.has(tool), size: followed.size } as ReadonlySet<Tool>,
    async run(tool, args, input = '') {
      said.push({ tool, args, input })
      const outcome = answer([tool, ...args].join(' '), input)
      if (outcome === undefined) throw new ToolMissing(tool, { cause: new Error(`spawn ${tool} ENOENT`) })
      return { code: 0, stdout: '', stderr: '', ...outcome }
    },
    follow(tool, _args, onLine, onEnd) {
      followed.set(tool, { onLine, onEnd })
      return () => void followed.delete(tool)
    },
    print: (tool, line) => followed.get(tool)?.onLine(line),
    end(tool) {
      const { onEnd } = followed.get(tool) ?? {}
      followed.delete(tool)
      onEnd?.()
    },
  }
}
