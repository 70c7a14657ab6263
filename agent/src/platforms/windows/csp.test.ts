import { enrolmentMode, type PolicyItem } from '@muster/shared/contracts'
import { createRng } from '@muster/shared/core'
import { expect, describe as group, it } from 'vitest'
import type { Attempt, DeviceView } from '../../domain/platform.ts'
import { describe } from './describe.ts'
import { type Command, type Executed, execute } from './execute.ts'
import { windows } from './platform.ts'
import { valueFor } from './samples.test-support.ts'
import { nodes } from './tree.ts'

const LENGTH = './Device/Vendor/MSFT/Policy/Config/DeviceLock/MinDevicePasswordLength'
const BITLOCKER = './Device/Vendor/MSFT/BitLocker/RequireDeviceEncryption'
const ROTATE = './Device/Vendor/MSFT/BitLocker/RotateRecoveryPasswords'
const WIFI = './Vendor/MSFT/WiFi/Profile/Office'
const PROFILE = '<WLANProfile><name>Office</name></WLANProfile>'

const attempt = (rest: Partial<Attempt> = {}): Attempt => ({ chance: createRng('a try'), failure: 0, ...rest })

function deviceOf(mode = 'entra-join', edition = 'Enterprise', build = 26_100): DeviceView {
  const known = enrolmentMode('windows', mode)
  if (!known) throw new Error(`no mode ${mode}`)
  const inventory = describe(known, createRng('a device'))
  const os = { ...inventory.os, edition, version: `10.0.${build}.1`, build: String(build) }
  const posture = { ...inventory.posture, encrypted: false, secureHardware: true, passcodeSet: true }
  return { mode: known, inventory: { ...inventory, os, posture }, settings: {} }
}

/** The device after a command, and what came of it. */
function after(device: DeviceView, command: Command, circumstances?: Partial<Attempt>): [DeviceView, Executed] {
  const done = execute(command, device, attempt(circumstances))
  const kept = Object.entries({ ...device.settings, ...done.settings }).filter(([, value]) => value !== null)
  return [{ ...device, settings: Object.fromEntries(kept) as DeviceView['settings'] }, done]
}

function statuses(device: DeviceView, ...commands: readonly Command[]): number[] {
  let now = device
  return commands.map((command) => {
    const [next, { status }] = after(now, command)
    now = next
    return status
  })
}

group('the CSP tree', () => {
  it('makes, reads, changes and deletes a policy, and says what is not there or there already', () => {
    expect(
      statuses(
        deviceOf(),
        { verb: 'Get', locUri: LENGTH },
        { verb: 'Delete', locUri: LENGTH },
        { verb: 'Add', locUri: LENGTH, data: 8 },
        { verb: 'Add', locUri: LENGTH, data: 8 },
        { verb: 'Replace', locUri: LENGTH, data: 12 },
        { verb: 'Get', locUri: LENGTH },
        { verb: 'Delete', locUri: LENGTH },
        { verb: 'Get', locUri: LENGTH },
      ),
    ).toEqual([404, 404, 200, 418, 200, 200, 200, 404])
    const [device] = after(deviceOf(), { verb: 'Replace', locUri: LENGTH, data: 12 })
    expect(execute({ verb: 'Get', locUri: LENGTH }, device).data).toBe(12)
  })

  it('wants a node that the server names to be added before it is replaced, and deletes it whole', () => {
    const xml = { locUri: `${WIFI}/WlanXml`, data: PROFILE }
    expect(
      statuses(
        deviceOf(),
        { verb: 'Replace', ...xml },
        { verb: 'Add', locUri: WIFI },
        { verb: 'Add', locUri: WIFI },
        { verb: 'Add', ...xml },
        { verb: 'Replace', ...xml },
        { verb: 'Delete', locUri: WIFI },
        { verb: 'Get', ...xml },
        { verb: 'Delete', locUri: './Vendor/MSFT/WiFi/Profile' },
      ),
    ).toEqual([404, 200, 418, 200, 200, 200, 404, 405])
  })

  it('lists the names below an interior node', () => {
    const [device] = after(deviceOf(), { verb: 'Add', locUri: `${WIFI}/WlanXml`, data: PROFILE })
    expect(execute({ verb: 'Get', locUri: './Device/Vendor/MSFT/WiFi/Profile' }, device).data).toBe('Office')
    expect(execute({ verb: 'Get', locUri: './Vendor/MSFT/RemoteWipe' }, device).data).toBe(
      'doWipe/doWipePersistUserData/doWipeProtected',
    )
  })

  it.each([
    ['a node that there is not', { verb: 'Get', locUri: './Device/Vendor/MSFT/Nothing' }, 404],
    ['a verb that the node does not know', { verb: 'Exec', locUri: LENGTH }, 405],
    ['a change of what only tells', { verb: 'Replace', locUri: './DevDetail/SwV', data: '10.0.1.1' }, 405],
    ['a value out of range', { verb: 'Replace', locUri: LENGTH, data: 17 }, 400],
    ['a value of another format', { verb: 'Replace', locUri: LENGTH, data: 'eight' }, 415],
    ['what is no profile', { verb: 'Add', locUri: `${WIFI}/WlanXml`, data: '<a/>' }, 400],
  ] as const)('answers %s', (_what, command, status) => {
    expect(execute(command, deviceOf(), attempt()).status).toBe(status)
  })

  it('does not have on Home or an old build what came later or is for organisations', () => {
    const recall = {
      verb: 'Replace',
      locUri: './Device/Vendor/MSFT/Policy/Config/WindowsAI/DisableAIDataAnalysis',
    } as const
    expect(execute({ ...recall, data: 1 }, deviceOf('entra-join', 'Pro', 22_631), attempt()).status).toBe(404)
    expect(execute({ ...recall, data: 1 }, deviceOf(), attempt()).status).toBe(200)
    expect(execute({ verb: 'Replace', locUri: BITLOCKER, data: 1 }, deviceOf('byod', 'Home'), attempt()).status).toBe(
      404,
    )
  })

  it('denies what the access list does not let in', () => {
    const encrypted = (mode: string): DeviceView => {
      const device = deviceOf(mode, 'Pro')
      const posture = { ...device.inventory.posture, encrypted: true }
      return { ...device, inventory: { ...device.inventory, posture } }
    }
    const rotate = { verb: 'Exec', locUri: ROTATE, data: 'request' } as const
    expect(execute(rotate, encrypted('byod'), attempt()).status).toBe(425)
    expect(execute(rotate, encrypted('entra-join'), attempt()).status).toBe(202)
    expect(execute(rotate, deviceOf(), attempt()).status).toBe(500)
    const name = { verb: 'Replace', locUri: './DevDetail/Ext/Microsoft/DeviceName', data: 'LAPTOP-1' } as const
    expect(execute(name, deviceOf('hybrid-gpo'), attempt()).status).toBe(425)
    expect(execute(name, deviceOf(), attempt())).toEqual({ status: 200, deviceName: 'LAPTOP-1' })
  })

  it('accepts what a restart brings into force, and carries it out then', () => {
    const require = { verb: 'Replace', locUri: BITLOCKER, data: 1 } as const
    expect(execute(require, deviceOf(), attempt())).toEqual({ status: 202, waitsFor: 'restart' })
    expect(execute(require, deviceOf(), attempt({ after: 'user' })).status).toBe(202)
    expect(execute(require, deviceOf(), attempt({ after: 'restart' }))).toEqual({
      status: 200,
      settings: { [BITLOCKER]: 1 },
      posture: { encrypted: true },
    })
  })

  it('fails with the HRESULT of the cause', () => {
    const require = { verb: 'Replace', locUri: BITLOCKER, data: 1 } as const
    const device = deviceOf()
    const posture = { ...device.inventory.posture, secureHardware: false }
    const withoutTpm = { ...device, inventory: { ...device.inventory, posture } }
    expect(execute(require, withoutTpm, attempt())).toEqual({ status: 500, data: '0x8028400F' })
    expect(execute(require, device, attempt({ failure: 1 }))).toEqual({ status: 500, data: '0x80310059' })
  })

  it('changes nothing without an attempt, whatever the verb', () => {
    for (const node of nodes) {
      for (const verb of node.verbs) {
        const locUri = node.uri.replace(/\{(\w+)\}/g, 'one')
        const done = execute({ verb, locUri, data: valueFor(node) }, deviceOf())
        if (verb !== 'Get' && node.format !== 'node') expect(done).toEqual({ status: 405 })
      }
    }
  })

  it('keeps what is tattooed when its policy goes, and lets go of the rest', () => {
    const item = (locUri: string): PolicyItem => ({
      itemId: 'one',
      covers: ['one'],
      protocol: 'omadm',
      verb: 'Replace',
      locUri,
      data: 1,
    })
    const device: DeviceView = { ...deviceOf(), settings: { [BITLOCKER]: 1, [LENGTH]: 8 } }
    expect(windows.remove(item(BITLOCKER), device)).toEqual({})
    expect(windows.remove(item(LENGTH.toLowerCase()), device)).toEqual({ settings: { [LENGTH]: null } })
  })

  it('has releases in the shares of a managed fleet', () => {
    const mode = deviceOf().mode
    const builds = new Map<string, number>()
    for (let i = 0; i < 4_000; i++) {
      const { os, hardware } = describe(mode, createRng(`machine ${i}`))
      const kind = hardware.model.startsWith('Cloud PC')
        ? 'cloud'
        : os.edition === 'EnterpriseS'
          ? 'ltsc'
          : (os.build ?? '')
      builds.set(kind, (builds.get(kind) ?? 0) + 1 / 4_000)
    }
    const shares = { 26200: 0.45, 26100: 0.35, 22631: 0.06, 19045: 0.09, ltsc: 0.03, cloud: 0.02 }
    for (const [kind, share] of Object.entries(shares)) {
      expect(Math.abs((builds.get(kind) ?? 0) - share), kind).toBeLessThan(0.01 + share / 20)
    }
    expect([...builds.values()].reduce((a, b) => a + b, 0)).toBeCloseTo(1, 6)
  })
})
