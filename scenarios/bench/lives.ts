import { parseScenario, type Scenario } from '@muster/shared/scenario'

const head = (name: string, devices: number, resolution: string): string => `apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: ${name} }
seed: 30
clock: { mode: virtual, resolution: ${resolution} }
population:
  size: ${devices}
  enrolOver: 8h
  mix:
    - { name: laptops, weight: 50, platform: windows }
    - { name: macs, weight: 10, platform: macOS }
    - { name: phones, weight: 20, platform: iOS }
    - { name: androids, weight: 15, platform: android }
    - { name: boxes, weight: 5, platform: linux, behavior: as-the-others }
behaviors:
  # Linux looks hourly by itself; here all devices have one cadence.
  as-the-others: { checkIn: { every: 8h } }
`

/** A fleet in everyday life: 8-hour cadence, drift, a rollout in rings, phones that go offline. */
export const monthOf = (devices: number, days: number): Scenario =>
  parsed(`${head('month', devices, '30s')}policies:
  - { id: win-c, type: compliance, platform: windows, gracePeriod: 24h, settings: { bitLockerEnabled: true, activeFirewallRequired: true } }
  - { id: win-b, type: configuration, platform: windows, settings: { passwordRequired: true, passwordMinimumLength: 8 }, assignTo: [] }
  - { id: ios-c, type: compliance, platform: iOS, settings: { passcodeRequired: true, securityBlockJailbrokenDevices: true } }
  - { id: droid-c, type: compliance, platform: android, settings: { passwordRequired: true, storageRequireEncryption: true } }
phases:
  - name: rollout
    do:
      - rollout: { policy: win-b, rings: [{ name: canary, percent: 5, soak: ${days * 4}h }, { name: broad, percent: 100 }] }
  - name: waves
    do: [{ offline: { in: phones, share: 40%, over: 2h, for: ${days * 3}h } }]
    duration: ${days * 20}h
`)

/** A year in the life of certificates: each device renews its own, shows the new one, and the old one is revoked. */
export const yearOf = (devices: number): Scenario =>
  parsed(`${head('year', devices, '10m')}policies:
  - { id: win-c, type: compliance, platform: windows, settings: { bitLockerEnabled: true } }
phases: [{ name: year, duration: ${YEAR_DAYS}d }]
assertions:
  - { name: nobody is without a certificate, expr: certificates.active == ${devices} && certificates.expired == 0 }
`)

export const YEAR_DAYS = 365

function parsed(text: string): Scenario {
  const result = parseScenario(text, 'bench.yaml')
  if (!result.ok) throw new Error(result.problems.map(({ message }) => message).join('; '))
  return result.scenario
}
