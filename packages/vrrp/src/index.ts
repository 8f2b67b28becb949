// VRRP version 3 over IPv4 (RFC 9568) as a pure core: codec, receive checks, timers, election and state machine.

// --- for users: one virtual router, its inputs and outputs, and the bytes between routers ---
export { VirtualRouter } from './virtual-router.js';
export type { BackupState } from './backup.js';
export type { MasterState } from './master.js';
export type { FaultState, InitializeState, State } from './state.js';
export type { VirtualRouterInput } from './inputs.js';
export type { StateChange, StateName, VirtualRouterOutput } from './outputs.js';
export {
  OWNER_PRIORITY, RESIGN_PRIORITY, type AnnounceParameters, type ChecksumMode, type VirtualAddress,
  type VirtualRouterParameters,
} from './parameters.js';
export { FAULT_REASONS, type FaultReason, type TransitionReason } from './reasons.js';
export {
  advertisementOf, decodeAdvertisement, encodeAdvertisement, VRRP_GROUP_IPV4, type Advertisement,
  type AdvertisementEnvelope,
} from './advertisement.js';
export { sentChecksumForm, VRRP_PROTOCOL, type ChecksumForm } from './checksum.js';

// --- for other packages: judging received datagrams, counting, and the arithmetic shown to operators ---
export {
  checkReceived, DISCARD_REASONS, type DiscardReason, type ReceiveContext, type ReceiveResult, type Remark,
  type RouterDiscardReason, type VrrpDatagram,
} from './receive-checks.js';
export {
  createStatistics, DISCARD_STATISTICS, REMARK_STATISTICS, STATISTICS, type StatisticDescription, type StatisticName,
  type Statistics,
} from './statistics.js';
export { masterDownIntervalMs, skewTimeMs } from './timers.js';
export { isBetterMaster, type Contender } from './election.js';
export { effectivePriority } from './effective-priority.js';
