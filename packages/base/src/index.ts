// The vocabulary every package shares. Imports nothing, not even Node.

// --- for other packages; users have no business here ---
export { BatonError, describeError, isBatonError, type ErrorDetails } from './error.js';
export { EXIT, type ExitCode } from './exit-codes.js';
export { assert, assertNever, InvariantError } from './assert.js';
export type { Clock, Instant } from './time.js';
export type { Logger, LogFields } from './log.js';
export {
  addressBytes,
  addressFamily,
  compareAddresses,
  formatAddress,
  formatAddressPrefix,
  parseAddress,
  parseAddressPrefix,
  type AddressPrefix,
  type IpAddress,
} from './address.js';
