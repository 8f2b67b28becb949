// for users: the engine process, started by `baton run`
export { runEngine, type EngineOptions } from './main.js';
