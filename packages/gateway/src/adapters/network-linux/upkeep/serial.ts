/** Runs one task at a time, in the order of the calls. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(job: () => Promise<T>): Promise<T> {
    const done = this.#last.then(job)
    // The caller gets the failure; the next task only waits.
    this.#last = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }
}
