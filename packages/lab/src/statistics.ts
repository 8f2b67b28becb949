// Order statistics of a handful of measurements. Pure.

/** What is published of a row of measurements; the unit is that of the samples. */
export interface Summary {
  readonly n: number;
  readonly median: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

/** The smallest sample that at least `percent` of all samples do not exceed (nearest rank).
 *  @param percent above 0, up to 100
 *  @throws {RangeError} without samples, or when percent is out of range */
export function percentile(samples: readonly number[], percent: number): number {
  if (!(percent > 0 && percent <= 100)) throw new RangeError(`percent must be in (0, 100]: ${String(percent)}`);
  const ordered = [...samples].sort((a, b) => a - b);
  const value = ordered[Math.ceil(percent / 100 * ordered.length) - 1];
  if (value === undefined) throw new RangeError('no samples');
  return value;
}

/** The middle sample, or the mean of the two in the middle.
 *  @throws {RangeError} without samples */
export function median(samples: readonly number[]): number {
  const ordered = [...samples].sort((a, b) => a - b);
  const upper = ordered[Math.floor(ordered.length / 2)];
  const lower = ordered[Math.ceil(ordered.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError('no samples');
  return (lower + upper) / 2;
}

/** All of it at once.
 *  @throws {RangeError} without samples */
export function summarize(samples: readonly number[]): Summary {
  return {
    n: samples.length, median: median(samples),
    p95: percentile(samples, 95), p99: percentile(samples, 99), max: percentile(samples, 100),
  };
}
