/**
 * What things cost, each measured on one machine: two shared cores, 24 GiB, Node 24, November 2026. A plan is no more
 * exact than this table, and other machines are faster or slower as a whole.
 *
 * | figure | how it was measured |
 * |---|---|
 * | virtual | four worlds of 500 and 2,000 devices (`muster run --speed virtual`), solved for what each thing costs |
 * | live rates | `npm run bench -- --small 200 --devices 2000`: 2,000 devices enrolled in 4.1 s, a policy on them in 1.9 s |
 * | live CPU | those rates on both cores, of which the devices themselves are the lesser part |
 * | live memory | `first-day` with 200 and 1,000 devices: resident memory of the service and of the worker |
 */
export const costs = {
  virtual: {
    startMs: 4_600,
    enrolmentMs: 2.1,
    checkInMs: 0.4,
    reportMs: 1.1,
    /** A device that does something by itself. */
    stepMs: 0.045,
    baseBytes: 225e6,
    deviceBytes: 80e3,
  },
  live: {
    enrolmentMs: 4,
    checkInMs: 0.8,
    reportMs: 1.1,
    stepMs: 0.03,
    /** Service, nats-server and runner. */
    baseBytes: 300e6,
    workerBytes: 111e6,
    deviceBytes: 43e3,
    enrolmentsPerSecond: 490,
    /** As many check-ins a second as pokes wake devices for, whatever their number. */
    pokedPerSecond: 2_500,
    /** Check-ins that are answered a second, with news. */
    checkInsPerSecond: 1_050,
  },
} as const
