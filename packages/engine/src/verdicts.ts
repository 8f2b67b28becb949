// How often which check of received packets spoke: finer than the statistics, where one leaf of RFC 8347 counts several
// reasons. Decides nothing.

/** Counts by token; a token that was never given is not among them. */
export class Verdicts<Token extends string> {
  readonly #counts = new Map<Token, number>();

  note(token: Token): void {
    this.#counts.set(token, (this.#counts.get(token) ?? 0) + 1);
  }

  list(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts);
  }
}
