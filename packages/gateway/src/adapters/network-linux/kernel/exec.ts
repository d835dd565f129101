// The only interface to the kernel: it renders operations to text, runs the tools, and returns their answers.

import type { NftOperation, Operation, TcOperation } from '../plan/operations.js'
import { render } from '../plan/render.js'
import { Telling } from './telling.js'
import type { Tool, Tools } from './tools.js'

/** The kernel, or the tool before it, refused. */
export class KernelRefused extends Error {
  override readonly name = 'KernelRefused'
  // Getters, which the logger does not read: the values contain addresses of devices.
  readonly #complaint: string
  readonly #culprit: Operation | undefined

  constructor(
    readonly tool: Tool,
    complaint: string,
    culprit?: Operation,
  ) {
    super(`${tool} was refused: ${complaint.trim().split('\n')[0] ?? ''}`)
    this.#complaint = complaint
    this.#culprit = culprit
  }

  /** The complete error output of the tool. */
  get complaint(): string {
    return this.#complaint
  }

  /** The operation that the tool reported, if it named a line of one. */
  get culprit(): Operation | undefined {
    return this.#culprit
  }
}

export class KernelExec {
  readonly tools: Tools
  /** Called with every change before the kernel gets it. */
  onTelling: (operations: readonly Operation[]) => Telling = () => new Telling(() => performance.now())
  readonly #closing = new AbortController()

  constructor(tools: Tools) {
    this.tools = tools
  }

  /**
   * Runs one nftables transaction, all or nothing.
   * @returns undefined if there were no operations
   * @throws {KernelRefused} naming the operation
   */
  async nft(operations: readonly NftOperation[]): Promise<Telling | undefined> {
    return this.#tell('nft', ['-f', '-'], operations, /^\/dev\/stdin:(\d+):/m)
  }

  /**
   * Runs operations of tc, one after another. Those before the culprit have been carried out.
   * @throws {KernelRefused} naming the operation
   */
  async tc(operations: readonly TcOperation[]): Promise<void> {
    await this.#tell('tc', ['-batch', '-'], operations, /^Command failed \S*?:(\d+)$/m)
  }

  /** The output of a command. @throws {KernelRefused} */
  async read(tool: Tool, args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tools.run(tool, args, '', this.#closing.signal)
    if (code !== 0) throw new KernelRefused(tool, stderr)
    return stdout
  }

  /**
   * The output of several lines of tc, one after another.
   * @throws {KernelRefused}
   */
  async readEach(lines: readonly string[]): Promise<string> {
    if (lines.length === 0) return ''
    const { code, stdout, stderr } = await this.tools.run('tc', ['-batch', '-'], lines.join('\n'), this.#closing.signal)
    if (code !== 0) throw new KernelRefused('tc', stderr)
    return stdout
  }

  /** @param named where the tool names the line that it reports */
  async #tell(
    tool: Tool,
    args: readonly string[],
    operations: readonly Operation[],
    named: RegExp,
  ): Promise<Telling | undefined> {
    if (operations.length === 0) return undefined
    const telling = this.onTelling(operations)
    const texts = operations.map(render)
    try {
      const input = texts.map((text) => `${text}\n`).join('')
      const { code, stderr } = await this.tools.run(tool, args, input, this.#closing.signal)
      if (code === 0) return telling
      throw new KernelRefused(tool, stderr, operations[indexOfLine(texts, Number(named.exec(stderr)?.[1] ?? 0))])
    } finally {
      telling.end()
    }
  }

  /** Kills the running tool and all later ones. */
  close(): void {
    this.#closing.abort()
  }
}

/** @param line counted from 1 through all texts. @returns -1 if there is no such line */
function indexOfLine(texts: readonly string[], line: number): number {
  let lines = 0
  return line < 1
    ? -1
    : texts.findIndex((text) => {
        lines += text.split('\n').length
        return line <= lines
      })
}
