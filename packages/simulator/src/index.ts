// The simulator: the real engine on a virtual network, judged after every step.
// --- for users: play a scenario or a recording ---
export { runScenario, type RunOptions, type RunResult } from './simulation.js';
export { formatScenario, parseScenario, ScenarioError, type ScenarioFile } from './scenario-text.js';
export { replay, ReplayError, type ReplayedDeed } from './replay.js';
export {
  formatRecording, parseRecording, Recorder, type RecordedAnswer, type RecordedCall, type RecordedDatagram,
  type RecordingLine,
} from './recording.js';
export type { EngineCalls, EngineDecorator } from './process.js';
export type { Action, NodePlan, Scenario, Step } from './scenario.js';
export { RULES, type Rule, type Violation } from './rule.js';
