// VRRP version 3 over IPv4 and IPv6 (RFC 9568) and version 2 (RFC 3768) as a pure core: codec, receive checks,
// authentication, timers, election and state machine.

// --- for users: one virtual router, its inputs and outputs, and the bytes between routers ---
export { VirtualRouter } from './virtual-router.js';
export type { HandoverRefusal } from './handover.js';
export type { BackupState } from './backup.js';
export type { MasterState } from './master.js';
export type { FaultState, InitializeState, State } from './state.js';
export { SyncGroup, type GroupMember, type MemberOutputs } from './sync-group.js';
export type { GroupDecision, GroupRole, VirtualRouterInput } from './inputs.js';
export type { StateChange, StateName, VirtualRouterOutput } from './outputs.js';
export {
  DEFAULT_RULES, OWNER_PRIORITY, RESIGN_PRIORITY, type AnnounceParameters, type ChecksumMode, type ProtocolRules,
  type ProtocolVersion, type UnicastParameters, type UnicastPeer, type VirtualAddress, type VirtualRouterParameters,
} from './parameters.js';
export { FAULT_REASONS, type FaultReason, type TransitionReason } from './reasons.js';
export {
  advertisementOf, decodeAdvertisement, encodeAdvertisement, VRRP_GROUP_IPV4, VRRP_GROUP_IPV6, type Advertisement,
  type AdvertisementEnvelope,
} from './advertisement.js';
export { sentChecksumForm, VRRP_PROTOCOL, type ChecksumForm } from './checksum.js';
export {
  Authenticator, PASSWORD_BYTES, TRAILER_BYTES, type AuthenticationMode, type AuthenticationParameters, type Demand,
  type Mac, type Proof,
} from './authentication.js';
export type { AntiReplay, Moment } from './sequence.js';

// --- for other packages: judging received datagrams, counting, and the arithmetic shown to operators ---
export {
  checkReceived, DISCARD_REASONS, type DiscardReason, type ReceiveContext, type ReceiveResult, type Remark,
  type RouterDiscardReason, type VrrpDatagram,
} from './receive-checks.js';
export {
  createStatistics, DISCARD_STATISTICS, REMARK_STATISTICS, STATISTICS, type StatisticDescription, type StatisticName,
  type Statistics,
} from './statistics.js';
export { heldAddresses, isSameAcrossFamilies, isAdvertInterval } from './parameters.js';
export { isLinkLocal, maxAddressCount } from './address-list.js';
export { LEASE_INTERVALS, masterDownIntervalMs, shortestLeaseSeconds, skewTimeMs } from './timers.js';
export { isBetterMaster, type Contender } from './election.js';
export { effectivePriority } from './effective-priority.js';
