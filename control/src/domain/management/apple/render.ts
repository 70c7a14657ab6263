import type { AppleDdmItem, AppleMdmItem, PolicyItem, PolicyKind, SettingValue } from '@muster/shared/contracts'
import { contentToken, uuidOf } from './content-token.ts'
import type { ApplePlatform, AppleSetting, Carrier, Dictionary, Json } from './setting.ts'

/** What the settings of one item come to. */
interface Load {
  readonly carrier: Carrier
  readonly covers: string[]
  payload: Dictionary
}

/**
 * Settings to native items: one item per carrier, in the order of the catalogue. The activation that puts a configuration
 * policy's declarations in force comes first; compliance policies only ask, which needs none.
 */
export function renderSettings(
  catalogue: readonly AppleSetting[],
  kind: PolicyKind,
  settings: Readonly<Record<string, SettingValue>>,
  platform: ApplePlatform,
): readonly PolicyItem[] {
  const items = loadsOf(catalogue, settings, platform).map((load) => itemOf(load, kind))
  const declarations = items.filter((item) => item.protocol === 'apple-ddm')
  return kind === 'configuration' && declarations.length > 0 ? [activationOf(declarations), ...items] : items
}

function loadsOf(
  catalogue: readonly AppleSetting[],
  settings: Readonly<Record<string, SettingValue>>,
  platform: ApplePlatform,
): readonly Load[] {
  const loads = new Map<string, Load>()
  for (const setting of catalogue) {
    const value = Object.hasOwn(settings, setting.name) ? settings[setting.name] : undefined
    if (value === undefined || !setting.platforms.includes(platform)) continue
    for (const { carrier, payload } of setting.carriages(platform)) {
      const load = loads.get(carrier.itemId) ?? { carrier, covers: [], payload: {} }
      load.covers.push(setting.name)
      load.payload = merge(load.payload, payload(value))
      loads.set(carrier.itemId, load)
    }
  }
  return [...loads.values()]
}

/** What is there stays; dictionaries are merged key by key. */
function merge(payload: Dictionary, more: Dictionary): Dictionary {
  const merged: Record<string, Json> = { ...payload }
  for (const [key, value] of Object.entries(more)) {
    const present = merged[key]
    if (present === undefined) merged[key] = value
    else if (isDictionary(present) && isDictionary(value)) merged[key] = { ...merge(present, value) }
  }
  return merged
}

const isDictionary = (value: Json): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function itemOf({ carrier, covers, payload }: Load, kind: PolicyKind): AppleDdmItem | AppleMdmItem {
  if (carrier.via === 'declaration') return declarationOf(carrier.itemId, carrier.type, covers, payload, kind)
  if (carrier.via === 'profile') return profileItem(carrier.itemId, carrier.payloadType, covers, payload)
  const { itemId, requestType } = carrier
  const content = Object.keys(payload).length > 0 ? { payload: { ...payload } } : {}
  return { itemId, covers, protocol: 'apple-mdm', requestType, ...content }
}

/**
 * What a device holds under an identifier goes by its content, and so does the item: a changed declaration or profile is
 * another item, which makes the device give the old one back. Two policies may carry one type; the device combines them.
 */
const versioned = (itemId: string, token: string): string => `${itemId}@${token.slice(0, 8)}`

/** The carrier of an item. */
export const carrierIdOf = ({ itemId }: PolicyItem): string => itemId.split('@')[0] ?? itemId

function declarationOf(
  itemId: string,
  type: string,
  covers: string[],
  payload: Dictionary,
  kind: PolicyKind,
): AppleDdmItem {
  const serverToken = contentToken(payload)
  return {
    itemId: versioned(itemId, serverToken),
    covers,
    protocol: 'apple-ddm',
    type,
    identifier: `muster.${kind}.${itemId}.${serverToken.slice(0, 8)}`,
    serverToken,
    payload: { ...payload },
  }
}

function activationOf(declarations: readonly AppleDdmItem[]): AppleDdmItem {
  const covers = [...new Set(declarations.flatMap((declaration) => declaration.covers))]
  const names = declarations.map(({ identifier }) => identifier)
  const payload = { StandardConfigurations: names }
  return declarationOf('activation', 'com.apple.activation.simple', covers, payload, 'configuration')
}

/** A configuration profile with one payload, as the dictionary that its property list encodes. */
function profileItem(itemId: string, payloadType: string, covers: string[], keys: Dictionary): AppleMdmItem {
  const token = contentToken({ payloadType, ...keys })
  const identifier = `muster.${itemId}.${token.slice(0, 8)}`
  const content = {
    PayloadType: payloadType,
    PayloadVersion: 1,
    PayloadIdentifier: `${identifier}.${payloadType}`,
    PayloadUUID: uuidOf(contentToken({ token, payloadType })),
    ...keys,
  }
  const profile = {
    PayloadType: 'Configuration',
    PayloadVersion: 1,
    PayloadIdentifier: identifier,
    PayloadUUID: uuidOf(token),
    PayloadDisplayName: `Muster ${itemId}`,
    PayloadContent: [content],
  }
  return {
    itemId: versioned(itemId, token),
    covers,
    protocol: 'apple-mdm',
    requestType: 'InstallProfile',
    payload: { Payload: profile },
  }
}
