// The configuration file: what it means, and everything that is wrong with it.

// --- for users ---
export { loadConfiguration, type LoadOptions } from './load.js';
export { formatFinding } from './findings.js';
export { checkPair, type PairCheck } from './pair-files.js';
export type {
  AuthenticationSettings, ChannelCredentials, Configuration, ControlChannelSettings, Finding, HookConfiguration,
  HookEvent, LoadResult, LogConfiguration, PeerConfiguration, RouterSettings, SyncGroupSettings,
} from './configuration.js';

// --- for other packages ---
export { formatPlace } from './findings.js';
export { readInterpreter } from './hook-program.js';
export { findDaemonDirectories, type DaemonDirectories } from './load.js';
export { parseDuration } from './schema/duration.js';
