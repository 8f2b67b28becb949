// The simulator: the real engine on a virtual network, judged after every step.
// --- for users: play a scenario or a recording ---
export { ScenarioError } from './scenario-text.js';
export { checkScenario, type CheckedScenario } from './scenario-check.js';
export { replay, ReplayError, type ReplayedDeed } from './replay.js';
export { parseRecording } from './recording.js';
// --- for other packages: ask what a failure does to nodes that are configured ---
export { setUpConfigured, type ConfiguredNode } from './configured-stage.js';
export { FAILURE_FORMS, parseFailure, type Failure } from './failure.js';
export { ask, type Answer, type RouterAnswer, type Spread } from './question.js';
export type { NodeSetup } from './stage.js';
