// The one error class of the project: a closed code, the place it happened and what the operator should do.
// Bad input from the network is never an error here but a value; broken invariants go through assert.ts.

/** Where an operating error happened, as plain values that a log line can carry. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | undefined>>;

/** An operating error that somebody handles: matched by `code`, never by its text.
 *  @typeParam Code the closed union of codes of the package that throws it, each `ERR_<AREA>_<WHAT>` */
export class BatonError<Code extends string = string> extends Error {
  readonly code: Code;
  readonly details: ErrorDetails;
  /** What the operator can do about it, one imperative sentence without a full stop. */
  readonly hint: string | undefined;

  constructor(code: Code, message: string, context: { cause?: unknown; details?: ErrorDetails; hint?: string } = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = 'BatonError';
    this.code = code;
    this.details = context.details ?? {};
    this.hint = context.hint;
  }
}

/** Whether something caught is an operating error, so that its code can be matched. */
export function isBatonError(error: unknown): error is BatonError {
  return error instanceof BatonError;
}

/** One line for an operator: what happened, and what to do where that is known. Works for any thrown value, also for
 *  an error made by another copy of the language's own classes, which `instanceof` does not know. */
export function describeError(error: unknown): string {
  const { message, hint } = (error ?? {}) as { readonly message?: unknown; readonly hint?: unknown };
  if (typeof message !== 'string') return String(error);
  return typeof hint === 'string' ? `${message}; ${hint}` : message;
}
