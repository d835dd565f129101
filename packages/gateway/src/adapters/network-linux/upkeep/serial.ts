/** Does one thing at a time, in the order in which it was asked. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve()

  run<T>(job: () => Promise<T>): Promise<T> {
    const done = this.#last.then(job)
    // Whoever asked hears of a failure; the next one in line only waits.
    this.#last = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }
}
