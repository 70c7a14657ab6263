export { type RestingFleet, readRestingFleet, writeRestingFleet } from '../adapters/resting-fleet.ts'
export { createFleet, type Fleet, type FleetOptions } from './fleet.ts'
export { type AgentBroker, type AgentConfig, defaultAgentId, runAgent } from './run-agent.ts'
