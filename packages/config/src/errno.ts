// Recognises an error of the operating system by its code.

/** The code of a system error such as `ENOENT`, or undefined for everything else that can be thrown. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
