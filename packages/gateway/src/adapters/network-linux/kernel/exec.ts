// The one way to the kernel: what plans say goes through here, and what the kernel answers comes back.

import { type Line, toText } from '../plan/operations.js'
import { Telling } from './telling.js'
import type { Outcome, Tool, Tools } from './tools.js'

/** The kernel, or the tool before it, refused. */
export class KernelRefused extends Error {
  override readonly name = 'KernelRefused'
  // Behind getters, where no log looks: they hold the addresses of devices.
  readonly #complaint: string
  readonly #culprit: Line | undefined

  constructor(
    readonly tool: Tool,
    complaint: string,
    culprit?: Line,
  ) {
    super(`${tool} was refused: ${complaint.trim().split('\n')[0] ?? ''}`)
    this.#complaint = complaint
    this.#culprit = culprit
  }

  /** All that the tool said. */
  get complaint(): string {
    return this.#complaint
  }

  /** The line that it complained about, if it named one. */
  get culprit(): Line | undefined {
    return this.#culprit
  }
}

export class KernelExec {
  readonly tools: Tools
  /** Told of all lines that change something, before the kernel is. */
  onTelling: (lines: readonly Line[]) => Telling = () => new Telling(() => performance.now())
  readonly #closing = new AbortController()

  constructor(tools: Tools) {
    this.tools = tools
  }

  /**
   * One nftables transaction: all of it, or nothing.
   * @returns undefined if there was nothing to tell
   * @throws {KernelRefused} naming the line
   */
  async nft(lines: readonly Line[]): Promise<Telling | undefined> {
    if (lines.length === 0) return undefined
    const telling = this.onTelling(lines)
    const { code, stderr } = await this.#tell(telling, 'nft', ['-f', '-'], lines)
    if (code !== 0) throw new KernelRefused('nft', stderr, lines[lineNumber(stderr, /^\/dev\/stdin:(\d+):/m)])
    return telling
  }

  /**
   * Lines of tc, one after another. Those before the culprit have been carried out.
   * @throws {KernelRefused} naming the line
   */
  async tc(lines: readonly Line[]): Promise<void> {
    if (lines.length === 0) return
    const { code, stderr } = await this.#tell(this.onTelling(lines), 'tc', ['-batch', '-'], lines)
    if (code !== 0) throw new KernelRefused('tc', stderr, lines[lineNumber(stderr, /^Command failed \S*?:(\d+)$/m)])
  }

  /** What a command prints. @throws {KernelRefused} */
  async read(tool: Tool, args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.tools.run(tool, args, '', this.#closing.signal)
    if (code !== 0) throw new KernelRefused(tool, stderr)
    return stdout
  }

  async #tell(telling: Telling, tool: Tool, args: readonly string[], lines: readonly Line[]): Promise<Outcome> {
    try {
      return await this.tools.run(tool, args, toText(lines), this.#closing.signal)
    } finally {
      telling.end()
    }
  }

  /** Kills what is running, and whatever comes after it. */
  close(): void {
    this.#closing.abort()
  }
}

const lineNumber = (stderr: string, pattern: RegExp): number => Number(pattern.exec(stderr)?.[1] ?? 0) - 1
