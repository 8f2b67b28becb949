// The vocabulary of time. An instant is monotonic milliseconds since an arbitrary origin, fractional; wall-clock time
// is only ever shown.

/** Monotonic milliseconds, fractional, comparable only within one process (CLOCK_MONOTONIC). */
export type Instant = number;

/** The only source of `now`: the engine and the tests each bring one. */
export interface Clock {
  now(): Instant;
}
