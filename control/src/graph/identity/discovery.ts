import type { IdentityDeps } from './identity-deps.ts'

/** Where everything is (OpenID Connect Discovery §3), under the host that was asked. */
export function openIdConfiguration(
  { tenantId }: IdentityDeps,
  { origin, tenant, version }: { origin: string; tenant: string; version: 1 | 2 },
): object {
  const isAny = ['common', 'organizations'].includes(tenant.toLowerCase())
  const name = isAny ? tenant : tenantId
  const below = `${origin}/${name}/oauth2${version === 2 ? '/v2.0' : ''}`
  const keys = version === 2 ? 'discovery/v2.0/keys' : 'discovery/keys'
  // Of no tenant in particular the issuer is a pattern, as with Microsoft.
  const issuerTenant = isAny ? '{tenantid}' : tenantId
  return {
    token_endpoint: `${below}/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: `${origin}/${name}/${keys}`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code'],
    grant_types_supported: [
      'authorization_code',
      'client_credentials',
      'password',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:device_code',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
    ],
    code_challenge_methods_supported: ['plain', 'S256'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: version === 2 ? `${origin}/${issuerTenant}/v2.0` : `https://sts.windows.net/${issuerTenant}/`,
    request_uri_parameter_supported: false,
    userinfo_endpoint: `${origin}/oidc/userinfo`,
    authorization_endpoint: `${below}/authorize`,
    device_authorization_endpoint: `${below}/devicecode`,
    http_logout_supported: true,
    end_session_endpoint: `${below}/logout`,
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'nonce', 'preferred_username', 'name', 'tid', 'ver', 'email'],
    tenant_region_scope: 'EU',
    cloud_instance_name: new URL(origin).host,
    cloud_graph_host_name: new URL(origin).host,
    msgraph_host: new URL(origin).host,
  }
}

/** Which hosts are one cloud: ours is one of its own (MSAL asks before it trusts an authority that it does not know). */
export function instanceDiscovery({ tenantId }: IdentityDeps, origin: string, asked: string | null): object {
  const { host } = new URL(origin)
  const tenant = tenantOf(asked) ?? tenantId
  return {
    tenant_discovery_endpoint: `${origin}/${tenant}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
  }
}

const tenantOf = (endpoint: string | null): string | undefined =>
  endpoint !== null && URL.canParse(endpoint) ? new URL(endpoint).pathname.split('/')[1] || undefined : undefined

/** What a client asks before it sends a password: the user is of this directory, and of no federation. */
export const userRealm = (name: string): object => ({
  ver: '1.0',
  account_type: 'Managed',
  domain_name: name.split('@')[1] ?? '',
  cloud_instance_name: 'microsoftonline.com',
  cloud_audience_urn: 'urn:federation:MicrosoftOnline',
})
