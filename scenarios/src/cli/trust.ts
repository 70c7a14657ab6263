import { type Connection, INTERCEPTED_HOSTS } from '@muster/control'
import type { Command } from 'commander'
import { DATA_DIR, readConnection } from './data-directory.ts'

/** `trust`: what to tell each client, so that it finds this Muster and trusts its certificate. */
export function addTrust(program: Command): void {
  program
    .command('trust')
    .description('print what clients need: the certificate to trust, addresses, and snippets')
    .option('--data <dir>', 'data directory of the Muster', DATA_DIR)
    .option(
      '--intercept',
      'print lines for the hosts file, for clients that have the hosts of Microsoft written into them',
    )
    .action(({ data, intercept }: { data: string; intercept?: boolean }) => {
      const connection = readConnection(data)
      process.stdout.write(intercept ? hostsLines(connection) : snippets(connection))
    })
}

function hostsLines({ url, caFile }: Connection): string {
  const port = new URL(url).port || '443'
  const remark =
    port === '443'
      ? ''
      : `# This Muster serves at port ${port}; these clients ask at 443: start it with \`muster up --intercept\`,\n# or lead 443 to it (Linux: iptables -t nat -A OUTPUT -o lo -p tcp --dport 443 -j REDIRECT --to-ports ${port}).\n`
  return `# For /etc/hosts, or C:\\Windows\\System32\\drivers\\etc\\hosts. Take the lines out again to reach Microsoft.
# Clients have to trust ${caFile} as well: see \`muster trust\`.
${remark}${INTERCEPTED_HOSTS.map((host) => `127.0.0.1 ${host}\n`).join('')}`
}

/** Every client in its own words. The secret is not among them: it stands in connection.json. */
function snippets({ url, caFile, tenantId, clientId }: Connection): string {
  const host = new URL(url).host
  return `Trust this certificate authority: ${caFile}

  Node             export NODE_EXTRA_CA_CERTS=${caFile}
  Python           export REQUESTS_CA_BUNDLE=${caFile}
  OpenSSL, Go      export SSL_CERT_FILE=${caFile}
  curl             curl --cacert ${caFile} ${url}/v1.0/users -H "Authorization: Bearer $(muster token)"
  PowerShell       Windows: Import-Certificate -FilePath ${caFile} -CertStoreLocation Cert:\\CurrentUser\\Root
                   Linux, macOS: export SSL_CERT_FILE=${caFile}

Tenant ${tenantId}, application ${clientId}; its secret is in connection.json.

@azure/identity
  new ClientSecretCredential('${tenantId}', '${clientId}', secret,
    { authorityHost: '${url}', disableInstanceDiscovery: true })

@azure/msal-node
  { auth: { clientId: '${clientId}', clientSecret, authority: '${url}/${tenantId}',
    knownAuthorities: ['${host}'] } }

@microsoft/microsoft-graph-client
  Client.initWithMiddleware({ authProvider, baseUrl: '${url}', customHosts: new Set(['${new URL(url).hostname}']) })

Graph PowerShell
  Add-MgEnvironment -Name muster -GraphEndpoint ${url} -AzureADEndpoint ${url}
  Connect-MgGraph -Environment muster -TenantId ${tenantId} -ClientSecretCredential $credential

Terraform (microsoft365 provider), and other clients whose hosts are written into them
  muster up --intercept, and the lines of \`muster trust --intercept\`
`
}
