/*
 * A script as it was written against Microsoft: the hosts stand in it, and it knows nothing of Muster. It wants an
 * application in AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.
 */

const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client_id, AZURE_CLIENT_SECRET: client_secret } = process.env

/** @param {string} url @param {RequestInit} [init] */
async function ask(url, init) {
  const answer = await fetch(url, init)
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`)
  return answer.json()
}

const scope = 'https://graph.microsoft.com/.default'
const form = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret, scope })
const { access_token } = await ask(`https://login.microsoftonline.com/${tenant}/oauth2/v2.0/token`, {
  method: 'POST',
  body: form,
})

const headers = { authorization: `Bearer ${access_token}` }
let devices = 0
let next = 'https://graph.microsoft.com/v1.0/deviceManagement/managedDevices?$select=id,complianceState&$top=500'
while (next) {
  const page = await ask(next, { headers })
  devices += page.value.length
  next = page['@odata.nextLink']
}
process.stdout.write(`${devices} devices\n`)
