import type { PlatformName, PolicyKind } from '@muster/shared/contracts'
import type { Management } from '../management.ts'
import { interpretAction, renderAction } from './actions.ts'
import { complianceSettings } from './compliance-settings.ts'
import { configurationSettings } from './configuration-settings.ts'
import { interpretSettings } from './interpret.ts'
import { renderSettings } from './render.ts'
import type { ApplePlatform, AppleSetting } from './setting.ts'

const platforms: readonly ApplePlatform[] = ['macOS', 'iOS', 'iPadOS', 'tvOS', 'visionOS']

const isApplePlatform = (platform: PlatformName): platform is ApplePlatform =>
  platforms.some((known) => known === platform)

function applePlatform(platform: PlatformName): ApplePlatform {
  if (!isApplePlatform(platform)) throw new Error(`${platform} is none of Apple's platforms`)
  return platform
}

const catalogueOf = (kind: PolicyKind): readonly AppleSetting[] =>
  kind === 'compliance' ? complianceSettings : configurationSettings

/** Apple's five systems: declarations where Apple has them, MDM commands otherwise. */
export const appleManagement: Management = {
  platforms,
  settings: [...complianceSettings, ...configurationSettings],
  render: (kind, settings, platform) => renderSettings(catalogueOf(kind), kind, settings, applePlatform(platform)),
  interpret: (kind, settings, items, results, platform) =>
    interpretSettings(catalogueOf(kind), settings, items, results, applePlatform(platform)),
  renderAction: (action, parameters, { platform, mode }) =>
    renderAction(action, parameters, { platform: applePlatform(platform), mode }),
  interpretAction,
}
