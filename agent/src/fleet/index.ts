export { type Fleet, type FleetOptions, createFleet } from './fleet.ts'
export { type AgentConfig, defaultAgentId, runAgent } from './run-agent.ts'
