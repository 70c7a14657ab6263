import { compareVersions } from '@muster/shared/core'
import type { Platform } from '../../domain/platform.ts'
import { type AppleSystem, majorOf, modelNamed, runs } from './system.ts'

/** Updates within the major version come first; then the newest version that the hardware runs. */
export const updaterOf = (system: AppleSystem): NonNullable<Platform['updater']> => ({
  perDay: system.updatesPerDay,
  next(os, device) {
    const model = modelNamed(system, device.inventory.hardware.model)
    const newer = system.releases.filter(
      (release) => runs(model, release) && compareVersions(release.version, os.version) > 0,
    )
    const within = newer.filter((release) => majorOf(release.version) === majorOf(os.version))
    const release = within.at(-1) ?? newer.at(-1)
    return release && { name: os.name, version: release.version, build: release.build }
  },
})
