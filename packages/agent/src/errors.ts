// The operating errors that the agent itself can raise; what others throw keeps its own code.

/** Codes of BatonError thrown in this package. */
export type AgentErrorCode = 'ERR_AGENT_CONTROL_SOCKET' | 'ERR_AGENT_ENGINE_SILENT';
