// Waiting for something to happen, instead of for time to pass.

/** Resolves once `happened` says so; a test whose event never comes ends at its own time limit. */
export async function until(happened: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await happened())) await turn()
}

/** One turn of the event loop. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Enough turns for everything that does not wait for anything. */
export async function quiet(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn()
}

/** Something that waits until it is opened. */
export class Gate {
  #open: () => void = () => undefined
  readonly opened = new Promise<void>((resolve) => {
    this.#open = resolve
  })

  open(): void {
    this.#open()
  }
}
