// The configuration file: what it means, and everything that is wrong with it.

// --- for users ---
export { loadConfiguration, type LoadOptions } from './load.js';
export { formatFinding } from './findings.js';
export type {
  Configuration, Finding, HookConfiguration, HookEvent, LoadResult, LogConfiguration, PeerConfiguration,
} from './configuration.js';

// --- for other packages ---
export { findDaemonDirectories, type DaemonDirectories } from './load.js';
export { parseDuration } from './schema/duration.js';
