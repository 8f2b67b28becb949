// The engine without the process around it: runs on any ports, and loads nothing of Linux. The door of the simulator.

// --- for other packages: the engine itself, to be run on other ports ---
export { Engine } from './engine.js';
export type { HostedRouter } from './hosted-router.js';
export type { DeadlineTimer, EnginePorts } from './ports.js';
