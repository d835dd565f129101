import { paint, type Terminal } from '../terminal.js'

/** Prints the steps of the demo. */
export class Narrator {
  readonly #terminal: Terminal
  #step = 0

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  step(title: string): void {
    this.#terminal.write(`\n${paint(this.#terminal, 'bold', `${++this.#step}. ${title}`)}\n`)
  }

  /** Code of an application. */
  code(text: string): void {
    for (const line of text.split('\n')) this.#terminal.write(`${paint(this.#terminal, 'cyan', `     ${line}`)}\n`)
  }

  asked(text: string): void {
    this.#say('asked', text)
  }

  gateway(text: string): void {
    this.#say('gateway', text)
  }

  network(text: string): void {
    this.#say('network', text)
  }

  sink(text: string): void {
    this.#say('sink', text)
  }

  end(text: string): void {
    this.#terminal.write(`\n${paint(this.#terminal, 'green', text)}\n`)
  }

  #say(who: string, text: string): void {
    this.#terminal.write(`   ${paint(this.#terminal, 'dim', who.padStart(7))}  ${text}\n`)
  }
}
