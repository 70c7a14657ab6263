import type { AppleMdmItem, Posture, SettingValue } from '@muster/shared/contracts'
import { onceFor, type SettingsPatch, settingsOf } from './addresses.ts'
import { type Answer, acknowledged, type Call, failed } from './answer.ts'
import type { AppleError } from './error-chain.ts'
import { type Dictionary, isDictionary } from './payload.ts'
import { FILEVAULT, FIREWALL, GATEKEEPER, profilePayloads, RESTRICTIONS, restrictionKeys } from './profile-payloads.ts'
import { type Obstacle, obstacle, type Target } from './support.ts'
import { targetOf } from './system.ts'

/** The identifier of the profile that holds the enrolment; removing it ends management. */
export const MDM_PROFILE = 'Microsoft.Profiles.MDM'

interface Profile {
  readonly identifier: string
  readonly contents: readonly Dictionary[]
}

/** `undefined` when the dictionary is no configuration profile. */
function readProfile(payload: Dictionary): Profile | undefined {
  const profile = payload['Payload']
  if (!isDictionary(profile) || typeof profile['PayloadIdentifier'] !== 'string') return undefined
  const contents = Array.isArray(profile['PayloadContent']) ? profile['PayloadContent'] : []
  if (contents.length === 0) return undefined
  const payloads = contents.filter((content) => isDictionary(content))
  if (payloads.length < contents.length || payloads.some((content) => typeof content['PayloadType'] !== 'string'))
    return undefined
  return { identifier: profile['PayloadIdentifier'], contents: payloads }
}

/**
 * Install a configuration profile. Devices skip restrictions that they do not have and say nothing of it; ours refuse the
 * profile, so that the administrator learns why a setting has no effect. Render never mixes keys of different demands.
 */
export function installProfile(call: Call): Answer {
  const profile = readProfile(call.payload)
  if (!profile) return { ...failed('malformedRequest'), status: 'CommandFormatError' }
  const refusal = profileRefusal(profile, targetOf(call.system, call.device))
  if (refusal) return failed('installationFailed', refusal)
  if (call.attempt?.chance.chance(call.attempt.failure)) return failed('installationFailed', 'profileFailed')
  const effects = profile.contents.map((content) => effectOf(content, call))
  const posture: Partial<Posture> = Object.assign({}, ...effects.map((effect) => effect.posture))
  return acknowledged({
    settings: settingsOfProfile(call.payload, call.item),
    ...(Object.keys(posture).length > 0 ? { posture } : {}),
    ...(effects.some((effect) => effect.waitsFor) ? { waitsFor: 'restart' } : {}),
  })
}

/** What a profile sets, by native address. */
export function settingsOfProfile(payload: Dictionary, item?: AppleMdmItem): SettingsPatch {
  const make = (): SettingsPatch => {
    const profile = readProfile(payload)
    return Object.assign(
      {},
      ...(profile?.contents ?? []).map((content) => settingsOfPayload(content, profile?.identifier ?? '')),
    )
  }
  return item ? onceFor(item, make) : make()
}

const settingsOfPayload = (content: Dictionary, identifier: string): SettingsPatch =>
  settingsOf(String(content['PayloadType']), identifier, ownKeys(content))

/** The payload without the keys that every payload has. */
const ownKeys = (content: Dictionary): Dictionary =>
  Object.fromEntries(Object.entries(content).filter(([key]) => !key.startsWith('Payload')))

const refusals: Readonly<Record<Obstacle, AppleError>> = {
  system: 'badPayloadVersion',
  supervision: 'notSupervised',
  enrolment: 'unacceptablePayload',
  sharedIPad: 'unacceptableInSharedIPad',
}

function profileRefusal({ contents }: Profile, target: Target): AppleError | undefined {
  for (const content of contents) {
    const type = String(content['PayloadType'])
    const support = Object.hasOwn(profilePayloads, type) ? profilePayloads[type] : undefined
    if (!support || obstacle(support, target)) return 'unacceptablePayload'
    const keys = type === RESTRICTIONS ? Object.keys(content).filter((key) => Object.hasOwn(restrictionKeys, key)) : []
    for (const key of keys) {
      const hindered = obstacle(restrictionKeys[key] ?? {}, target)
      if (hindered) return refusals[hindered]
    }
  }
  return undefined
}

interface PayloadEffect {
  readonly posture?: Partial<Posture>
  readonly waitsFor?: 'restart'
}

function effectOf(content: Dictionary, { device, attempt }: Call): PayloadEffect {
  const type = content['PayloadType']
  if (type === FIREWALL) return { posture: { firewallOn: content['EnableFirewall'] !== false } }
  if (type === GATEKEEPER && content['EnableAssessment'] === true) return { posture: { unknownSourcesAllowed: false } }
  if (type !== FILEVAULT || content['Enable'] !== 'On' || device.inventory.posture.encrypted) return {}
  // Deferred FileVault is switched on when the user logs out, which a restart brings about.
  return attempt?.after === 'restart' ? { posture: { encrypted: true } } : { waitsFor: 'restart' }
}

/** Identifiers of the profiles in force with their payload types. */
export function installedProfiles(settings: Readonly<Record<string, SettingValue>>): Map<string, string[]> {
  const profiles = new Map<string, string[]>([[MDM_PROFILE, ['com.apple.mdm']]])
  for (const name of Object.keys(settings)) {
    const [type = '', identifier = ''] = name.split('/')
    const types = profiles.get(identifier) ?? []
    if (Object.hasOwn(profilePayloads, type) && !types.includes(type)) profiles.set(identifier, [...types, type])
  }
  return profiles
}

/** Remove a profile, or, with the profile that holds the enrolment, leave management. */
export function removeProfile({ payload, device }: Call): Answer {
  const identifier = String(payload['Identifier'])
  if (identifier === MDM_PROFILE) return acknowledged({ effect: 'unenrol' })
  const types = installedProfiles(device.settings).get(identifier)
  if (!types) return failed('profileNotManaged')
  const prefixes = types.map((type) => `${type}/${identifier}/`)
  const names = Object.keys(device.settings).filter((name) => prefixes.some((prefix) => name.startsWith(prefix)))
  return acknowledged({ settings: Object.fromEntries(names.map((name) => [name, null])) })
}
