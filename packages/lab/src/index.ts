// A LAN in a box: real daemons, a real client and real packets, in network namespaces that vanish with the process.
// --- for users: e2e tests, the demo, the benchmark ---
export { LAB_DIRECTORY, Lan, LAN_PREFIX_LENGTH, type LabHost } from './namespaces.js';
export { BatonNode, LAB_ROUTER, type BatonOptions, type LabNode, type YamlValue } from './node.js';
export { KeepalivedNode, type KeepalivedOptions } from './keepalived.js';
export { FrrNode, type FrrOptions } from './frr.js';
export { LAB_VRID, unicastAddress, virtualMac, type RouterOptions } from './router-options.js';
export { Responder } from './responder.js';
export { ECHO_PORT, Probe } from './probe.js';
export { Observer } from './observer.js';
export type { AdvertisementSighting, ArpSighting, Sighting } from './sightings.js';
export { median, percentile, summarize, type Summary } from './statistics.js';
export type { OwnerChange, ProbeReport } from './outage.js';
export {
  insideNamespace, LabProcess, residentBytes, run, runToEnd, type CommandResult, type OutputLine,
} from './processes.js';
export { letPass, monotonicMs, waitFor } from './waiting.js';
export type { LabErrorCode } from './errors.js';
