// The operating errors that the agent itself can raise; what others throw keeps its own code.

/** Codes of BatonError thrown in this package. */
export type AgentErrorCode =
  /** The control socket could not be opened in runtime_directory; everything else goes on. */
  | 'ERR_AGENT_CONTROL_SOCKET'
  /** The engine did not answer a question of the agent in time. */
  | 'ERR_AGENT_ENGINE_SILENT';
