import {
  enrolmentModes,
  type ItemResult,
  NativeCommand,
  type PlatformName,
  PolicyItem,
  type PolicyKind,
  RemoteActionName,
  SettingValue,
} from '@muster/shared/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Management, SettingDefinition } from './management.ts'

const kinds: readonly PolicyKind[] = ['compliance', 'configuration']

/** The settings of a kind that a platform of the family has. */
const settingsFor = (management: Management, kind: PolicyKind, platform: PlatformName): readonly SettingDefinition[] =>
  management.settings.filter(
    (setting) => setting.kind === kind && (setting.platforms ?? management.platforms).includes(platform),
  )

/** Values that a definition allows: the ends of its range, all its choices. */
function valuesOf({ value }: SettingDefinition): readonly SettingValue[] {
  if (value.type === 'boolean') return [true, false]
  if (value.type === 'integer') return [...new Set([value.min, value.max])]
  if (value.type === 'choice') return value.choices
  if (value.type === 'version') return ['1.0', '26.1']
  return value.type === 'strings' ? [['one', 'two'].slice(0, value.maxItems)] : [textFor(value)]
}

/** Texts with a pattern that are in use somewhere; the first that fits, cut to length. */
function textFor({ maxLength, pattern }: Extract<SettingDefinition['value'], { type: 'string' }>): string {
  const texts = ['Europe/Oslo', '2026-12-01T18:00:00', 'text', '1']
  const fitting = texts.find((text) => text.length <= maxLength && (!pattern || new RegExp(pattern).test(text)))
  return fitting ?? 'text'.slice(0, maxLength)
}

/** What every family's management promises, whatever it speaks. Run it for each. */
export function managementConformance(name: string, management: Management): void {
  describe(`management of ${name}`, () => {
    promisesOfTheCatalogue(management)
    promisesOfPolicies(management)
    promisesOfActions(management)
  })
}

const pairsOf = ({ platforms }: Management) =>
  platforms.flatMap((platform) => kinds.map((kind) => ({ platform, kind })))

function promisesOfTheCatalogue(management: Management): void {
  it('names each setting once per platform and kind, and has an id for it', () => {
    for (const { platform, kind } of pairsOf(management)) {
      const definitions = settingsFor(management, kind, platform)
      expect(definitions.length, `${kind} settings of ${platform}`).toBeGreaterThan(0)
      for (const part of ['name', 'definitionId'] as const) {
        const parts = definitions.map((definition) => definition[part])
        expect(new Set(parts).size, `${part} of ${kind} settings of ${platform}`).toBe(parts.length)
      }
    }
  })

  it.each(management.settings)('defines $kind setting $name well', (definition) => {
    expect(definition.name).toMatch(/^[a-z][A-Za-z0-9]*$/)
    expect(definition.definitionId).toMatch(/^[A-Za-z0-9_.{}~-]+$/)
    expect(definition.displayName).not.toBe('')
    for (const platform of definition.platforms ?? []) expect(management.platforms).toContain(platform)
    for (const value of valuesOf(definition)) expect(SettingValue.parse(value)).toEqual(value)
    expect(valuesOf(definition).length).toBeGreaterThan(0)
    if (definition.kind === 'compliance') {
      expect(definition.stricter).toBeDefined()
      expect(definition.remedy).toBeTruthy()
    }
  })
}

/** Policies with any part of the catalogue, each setting at an end of its range. */
function anyPolicy(management: Management) {
  return fc.constantFrom(...pairsOf(management)).chain(({ platform, kind }) => {
    const definitions = settingsFor(management, kind, platform)
    const settings = fc
      .subarray([...definitions])
      .chain((chosen) =>
        fc
          .tuple(...chosen.map((definition) => fc.constantFrom(...valuesOf(definition))))
          .map((values) =>
            Object.fromEntries(chosen.map((definition, i) => [definition.name, values[i] as SettingValue])),
          ),
      )
    return settings.map((chosen) => ({ platform, kind, settings: chosen }))
  })
}

function promisesOfPolicies(management: Management): void {
  const policies = anyPolicy(management)

  it('renders valid items, each with an id of its own, that cover the settings and no others', () => {
    fc.assert(
      fc.property(policies, ({ platform, kind, settings }) => {
        const items = management.render(kind, settings, platform)
        for (const item of items) expect(PolicyItem.parse(item)).toEqual(item)
        expect(new Set(items.map(({ itemId }) => itemId)).size).toBe(items.length)
        expect(new Set(items.flatMap(({ covers }) => covers))).toEqual(new Set(Object.keys(settings)))
      }),
    )
  })

  it('renders the same whatever the order of the settings', () => {
    fc.assert(
      fc.property(policies, ({ platform, kind, settings }) => {
        const reversed = Object.fromEntries(Object.entries(settings).reverse())
        expect(management.render(kind, reversed, platform)).toEqual(management.render(kind, settings, platform))
      }),
    )
  })

  it('has one outcome for each setting; without results all are pending', () => {
    fc.assert(
      fc.property(policies, ({ platform, kind, settings }) => {
        const outcomes = management.interpret(kind, settings, management.render(kind, settings, platform), [], platform)
        expect(outcomes.map(({ setting }) => setting).sort()).toEqual(Object.keys(settings).sort())
        for (const { state } of outcomes) expect(state).toBe('pending')
      }),
    )
  })

  it('reads any results: another protocol is an error, and nothing throws', () => {
    fc.assert(
      fc.property(policies, anyResult, ({ platform, kind, settings }, make) => {
        const items = management.render(kind, settings, platform)
        const results = items.map(({ itemId }) => make(itemId))
        const outcomes = management.interpret(kind, settings, items, results, platform)
        expect(outcomes.map(({ setting }) => setting).sort()).toEqual(Object.keys(settings).sort())
        const foreign = items.filter(({ protocol }, i) => protocol !== results[i]?.protocol)
        const covered = new Set(foreign.flatMap(({ covers }) => covers))
        for (const { setting, state } of outcomes) if (covered.has(setting)) expect(state).toBe('error')
      }),
    )
  })
}

function promisesOfActions(management: Management): void {
  it('renders valid commands for its actions, and has a way out of management for every mode', () => {
    for (const platform of management.platforms) {
      for (const mode of enrolmentModes[platform].filter(({ managed }) => managed)) {
        const commands = RemoteActionName.options.flatMap((action) => {
          const command = management.renderAction(action, { deviceName: 'name', message: 'text' }, { platform, mode })
          return command ? [command] : []
        })
        for (const command of commands) expect(NativeCommand.parse(command)).toEqual(command)
        expect(
          management.renderAction('delete', {}, { platform, mode }),
          `delete on ${platform} ${mode.id}`,
        ).toBeDefined()
      }
    }
  })

  it('reads any answer to an action', () => {
    fc.assert(
      fc.property(anyResult, (make) => {
        const result = make('command')
        if (result.protocol === 'apple-ddm') return
        const outcome = management.interpretAction({
          commandId: '00000000-0000-4000-8000-000000000000',
          finishedAtMs: 0,
          result,
        })
        expect(['done', 'failed', 'notSupported', 'retry']).toContain(outcome)
      }),
    )
  })
}

const anyResult: fc.Arbitrary<(itemId: string) => ItemResult> = fc
  .oneof(
    fc.record({ protocol: fc.constant('omadm' as const), status: fc.constantFrom(200, 202, 404, 500, 516) }),
    fc.record({
      protocol: fc.constant('apple-mdm' as const),
      status: fc.constantFrom(
        'Acknowledged' as const,
        'Error' as const,
        'CommandFormatError' as const,
        'NotNow' as const,
      ),
    }),
    fc.record({
      protocol: fc.constant('apple-ddm' as const),
      active: fc.boolean(),
      valid: fc.constantFrom('valid' as const, 'invalid' as const, 'unknown' as const),
      serverToken: fc.constant('token'),
    }),
    fc.record({
      protocol: fc.constant('amapi' as const),
      nonComplianceReason: fc.constantFrom('PENDING' as const, 'UNSUPPORTED' as const),
    }),
    fc.record({
      protocol: fc.constant('linux' as const),
      newComplianceState: fc.constantFrom(
        'Compliant' as const,
        'NonCompliant' as const,
        'Error' as const,
        'Unknown' as const,
      ),
    }),
  )
  .map((result) => (itemId) => ({ itemId, ...result }))
