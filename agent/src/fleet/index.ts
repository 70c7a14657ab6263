export { createFleet, type Fleet, type FleetOptions } from './fleet.ts'
export { type AgentConfig, defaultAgentId, runAgent } from './run-agent.ts'
