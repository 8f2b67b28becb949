// for users: nothing.

// for other packages: what the command line needs to talk to a running agent. Loads nothing.
export {
  CONTROL_SOCKET, MAX_REQUEST_BYTES,
  type AlarmStatus, type ControlErrorCode, type ControlReply, type ControlRequest, type EngineStatus, type FamilyStatus,
  type HandOverReport, type MaintenanceReport,
  type ControlChannelStatus, type JournalEvent, type PeerStatus, type RefusedConfiguration, type ReloadReport,
  type ReloadStep, type ReportedState, type RouterStatus, type StatusReport, type SyncGroupStatus,
} from './messages.js';
export { explainReason } from './reason-words.js';
