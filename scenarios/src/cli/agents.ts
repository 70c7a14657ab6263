import type { AgentView } from '@muster/shared/contracts'
import { privateFile } from '@muster/shared/runtime'
import type { Command } from 'commander'
import { createHttpClient, type HttpClient } from '../client/http-client.ts'
import { invite } from '../stack/invite.ts'
import { DATA_DIR, readConnection } from './data-directory.ts'

interface InviteFlags {
  readonly data: string
  readonly id?: string
  readonly readmit?: boolean
  readonly out: string
}

/** `agents list | invite | revoke | roll-keys | retire-keys`: who may come to the broker. */
export function addAgents(program: Command): void {
  const agents = program.command('agents').description('agent processes and their credentials at the broker')
  const command = (name: string, description: string): Command =>
    agents.command(name).description(description).option('--data <dir>', 'data directory of the Muster', DATA_DIR)
  command('list', 'the agents that have joined, and until when their credentials last').action(
    ({ data }: { data: string }) => asking(data, list),
  )
  command('invite', 'write an invitation, with which `muster worker` joins within ten minutes, once')
    .option('--id <id>', 'for this agent alone')
    .option('--readmit', 'also an agent that was revoked')
    .option('--out <file>', 'where to write it, for its owner only', 'invitation.json')
    .action((flags: InviteFlags) => asking(flags.data, (client) => writeInvitation(client, flags)))
  command('revoke', 'end the connection of an agent, and let it in no more')
    .argument('<id>', 'the agent')
    .action((id: string, { data }: { data: string }) =>
      asking(data, async (client) => {
        await client.call('POST', `/_muster/agents/${encodeURIComponent(id)}/revoke`)
        process.stdout.write(`${id} is shut out\n`)
      }),
    )
  command('roll-keys', 'make agents with a new key from now on; those there are go over to it as they renew').action(
    ({ data }: { data: string }) => asking(data, (client) => client.call('POST', '/_muster/signing-keys/roll-over')),
  )
  command('retire-keys', 'end whoever still has what an older key has made').action(({ data }: { data: string }) =>
    asking(data, (client) => client.call('POST', '/_muster/signing-keys/retire')),
  )
}

async function asking(data: string, work: (client: HttpClient) => Promise<unknown>): Promise<void> {
  const client = createHttpClient(readConnection(data))
  try {
    await work(client)
  } finally {
    client.close()
  }
}

async function writeInvitation(client: HttpClient, { id, readmit = false, out }: InviteFlags): Promise<void> {
  const invitation = await invite(client, { ...(id === undefined ? {} : { agentId: id }), readmit })
  privateFile(out).write(JSON.stringify(invitation))
  process.stdout.write(
    `${out} lets one agent join until ${new Date(invitation.expiresAtMs).toISOString()}: muster worker --connection ${out}\n`,
  )
}

async function list(client: HttpClient): Promise<void> {
  const { agents } = (await client.call('GET', '/_muster/agents')) as { agents: readonly AgentView[] }
  for (const { agentId, expiresAtMs, serialNumber, revokedAtMs } of agents) {
    const until =
      revokedAtMs === undefined
        ? `until ${new Date(expiresAtMs).toISOString()}`
        : `revoked ${new Date(revokedAtMs).toISOString()}`
    process.stdout.write(`${agentId}  ${until}  certificate ${serialNumber}\n`)
  }
}
