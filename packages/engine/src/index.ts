// for users: the engine process, started by `baton run`
export { runEngine, type EngineOptions } from './main.js';
// for other packages: the engine itself, to be run on other ports
export { Engine } from './engine.js';
export type { DeadlineTimer, EnginePorts } from './ports.js';
