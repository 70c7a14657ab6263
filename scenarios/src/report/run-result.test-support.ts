import type { RunResult } from '@muster/shared/scenario'

const quantiles = { count: 0, p50: 0, p95: 0, p99: 0, max: 0 }

/** A run in which every text is the same one. */
export function resultWith(text: string): RunResult {
  const expectation = { name: text, ok: false, expected: text, got: text, atMs: 1, devices: [text] }
  const sample = {
    atMs: 1,
    wallMs: 1,
    online: 1,
    enrolled: 1,
    compliant: 1,
    inGracePeriod: 0,
    noncompliant: 0,
    error: 0,
    unknown: 0,
    left: 0,
    reportsCommitted: 1,
    checkIns: 1,
    certificatesActive: 1,
    certificatesIssued: 2,
    certificatesRevoked: 1,
    busConnected: true,
    lagP99Ms: 1,
    controlRssBytes: 1,
    workerRssBytes: 1,
  }
  return {
    version: 1,
    runId: 'r',
    scenario: { name: text, description: text, file: text, tags: [text] },
    mode: 'live',
    seed: text,
    speed: 1,
    environment: { node: text },
    command: text,
    verdict: 'failed',
    exitCode: 10,
    startedWallMs: 0,
    endedWallMs: 1_000,
    startedMs: 0,
    endedMs: 1_000,
    phases: [{ name: text, fromMs: 0, toMs: 900, outcome: 'timed-out', text }],
    faults: [{ name: text, kind: 'broker', fromMs: 100, toMs: 200, text }],
    thresholds: [expectation],
    assertions: [expectation, { ...expectation, ok: true }],
    invariants: [expectation],
    timeline: [sample, { ...sample, atMs: 900, wallMs: 900 }],
    events: [{ atMs: 1, what: text, text }],
    final: {
      devices: { managed: 1, retired: 0, wiped: 0, deleted: 0 },
      compliance: { [text]: { compliant: 1 } },
      certificates: { active: 1, superseded: 0, revoked: 0, expired: 0 },
      reports: { committed: 1, duplicates: 0, gaps: 0, deadLetters: 0 },
      checkIns: { managed: 1, gated: 0, refused: 0 },
      reportAckMs: quantiles,
      checkInMs: quantiles,
    } as unknown as RunResult['final'],
    policies: [
      {
        id: 'p',
        name: text,
        kind: 'compliance',
        platform: text,
        revision: 1,
        states: { compliant: 1 },
        settings: [{ setting: text, states: { compliant: 1 } }],
        appliedMs: quantiles,
        committedMs: quantiles,
      } as unknown as RunResult['policies'][number],
    ],
    rollouts: [
      {
        policy: text,
        state: 'halted',
        rings: [
          {
            ...{ name: text, state: 'halted', fromMs: 10, targeted: 4, applied: 1, p50: 5, p95: 5 },
            states: { [text]: 1, compliant: 1 },
            curve: [[20, 1]],
          },
        ],
      },
    ],
    graphRoutes: [{ route: text, count: 3, failed: 1, tookMs: quantiles }],
    certificateEnds: [{ dayMs: 86_400_000, devices: 1 }],
    history: { ok: false, devices: 1, sent: 1, committed: 0, lost: 1, appliedTwice: 0, problems: [text] },
    devices: [
      {
        id: 'd',
        name: text,
        platform: text,
        osVersion: text,
        model: text,
        user: text,
        complianceState: 'noncompliant',
        lastSyncMs: 1,
        explanation: {
          summary: [text],
          because: [
            { level: 0, text, known: true },
            { level: 1, text, known: false },
          ],
        },
        trace: [{ atMs: 1, what: text, text }],
      } as unknown as RunResult['devices'][number],
    ],
    resolvedYaml: text,
  }
}

/** What a name may be that somebody chose in order to break a report. */
export const hostile = `</script><script>alert(1)</script> "quoted' & <b>&amp; ]]> \u0000\u0007\ud800 😀 ${'x'.repeat(40)}`

const PHASE_MS = 600_000

/** A failed run with everything in it that a report can show: as many samples and devices as a report may get. */
export function largeResult({ samples = 1_200, devices = 300 } = {}): RunResult {
  const plain = resultWith('plain')
  const [sample, device, policy] = [plain.timeline[0], plain.devices[0], plain.policies[0]]
  if (!sample || !device || !policy) throw new Error('the plain run has one of each')
  const endedMs = 3 * PHASE_MS
  const at = (index: number): number => Math.round((index / (samples - 1)) * endedMs)
  return {
    ...plain,
    scenario: { ...plain.scenario, name: 'large', description: `Names that hurt: ${hostile}` },
    endedMs,
    endedWallMs: endedMs / 60,
    phases: ['settle', 'outage', 'recover'].map((name, index) => ({
      name,
      fromMs: index * PHASE_MS,
      toMs: (index + 1) * PHASE_MS,
      outcome: index === 2 ? 'timed-out' : 'done',
      text: 'policy("base").reported == 295',
    })),
    faults: [{ name: hostile, kind: 'broker', fromMs: PHASE_MS, toMs: PHASE_MS * 1.5, text: hostile }],
    assertions: [
      { name: hostile, ok: false, expected: 'a < b', got: 'a = 2', atMs: PHASE_MS, devices: ['d-1', 'gone'] },
      { name: 'held', ok: true, expected: 'true', got: 'holds', atMs: endedMs, devices: [] },
    ],
    timeline: Array.from({ length: samples }, (_, index) => ({
      ...sample,
      atMs: at(index),
      wallMs: Math.round(at(index) / 60),
      compliant: index,
      noncompliant: samples - 1 - index,
      reportsCommitted: index * 7,
      checkIns: index * 13,
    })),
    events: [{ atMs: PHASE_MS, what: 'fault', text: hostile }],
    rollouts: ['canary', 'early', 'broad'].map((policy) => ({
      policy,
      state: 'completed',
      rings: [hostile, 'early', 'broad'].map((name, ring) => ({
        ...{ name, state: 'passed', fromMs: (ring + 1) * 60_000, targeted: 60, applied: 60, p50: 5_000, p95: 60_000 },
        states: { compliant: 58, error: 2 },
        curve: Array.from({ length: 60 }, (_, index) => [(ring + 1) * 60_000 + index * 1_000, index + 1] as const),
      })),
    })),
    graphRoutes: Array.from({ length: 60 }, (_, index) => ({
      ...{
        route: `GET /deviceManagement/things-${index}/{id}`,
        count: 600 - index,
        failed: index % 20,
        tookMs: quantiles,
      },
    })),
    certificateEnds: Array.from({ length: 90 }, (_, day) => ({ dayMs: (300 + day) * 86_400_000, devices: day % 9 })),
    policies: [{ ...policy, name: hostile, settings: [{ setting: 'bitLockerEnabled', states: { nonCompliant: 3 } }] }],
    devices: Array.from({ length: devices }, (_, index) => ({
      ...device,
      id: `d-${index}`,
      name: index === 7 ? hostile : `LAPTOP-${index}`,
      complianceState: index % 3 === 0 ? 'noncompliant' : 'compliant',
      trace:
        index < 24
          ? Array.from({ length: 40 }, (_, line) => ({
              atMs: line * 1_000,
              what: 'report',
              text: `report ${line} committed`,
            }))
          : [],
    })),
  }
}
