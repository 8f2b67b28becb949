// The only source of chance in the simulator: xoshiro128** 1.1 (Blackman and Vigna), its state filled from one seed by
// splitmix32. The same seed gives the same numbers on every machine. Not for secrets.

/** A stream of pseudo-random numbers that can be repeated from its seed. */
export class Random {
  #s0: number;
  #s1: number;
  #s2: number;
  #s3: number;

  private constructor(state: readonly [number, number, number, number]) {
    [this.#s0, this.#s1, this.#s2, this.#s3] = state;
  }

  /** @param seed any integer; its low 32 bits count */
  static fromSeed(seed: number): Random {
    let counter = seed | 0;
    const next = (): number => {
      counter = (counter + 0x9e3779b9) | 0;
      const first = Math.imul(counter ^ (counter >>> 16), 0x21f0aaad);
      const second = Math.imul(first ^ (first >>> 15), 0x735a2d97);
      return (second ^ (second >>> 15)) >>> 0;
    };
    return new Random([next(), next(), next(), next()]);
  }

  /** @param state four 32-bit words, not all zero */
  static fromState(state: readonly [number, number, number, number]): Random {
    return new Random(state);
  }

  /** 0–4 294 967 295. */
  nextUint32(): number {
    const result = Math.imul(rotateLeft(Math.imul(this.#s1, 5), 7), 9) >>> 0;
    const shifted = this.#s1 << 9;
    this.#s2 ^= this.#s0;
    this.#s3 ^= this.#s1;
    this.#s1 ^= this.#s2;
    this.#s0 ^= this.#s3;
    this.#s2 ^= shifted;
    this.#s3 = rotateLeft(this.#s3, 11);
    return result;
  }

  /** From 0 to 1, 1 excluded. */
  nextFraction(): number {
    return this.nextUint32() / 0x1_0000_0000;
  }

  /** An integer from 0 to `limit` − 1. */
  below(limit: number): number {
    return Math.floor(this.nextFraction() * limit);
  }

  /** True with this probability, 0–1. Draws nothing when the answer is certain. */
  chance(probability: number): boolean {
    return probability > 0 && this.nextFraction() < probability;
  }

  /** One of the items.
   *  @throws {RangeError} when there are none */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new RangeError('nothing to pick from');
    return item;
  }

  /** The items in another order (Fisher and Yates). */
  shuffle<Item>(items: readonly Item[]): Item[] {
    const rest = [...items];
    const shuffled: Item[] = [];
    while (rest.length > 0) shuffled.push(...rest.splice(this.below(rest.length), 1));
    return shuffled;
  }
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
