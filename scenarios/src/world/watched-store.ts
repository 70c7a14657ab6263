import type { ControlDeps } from '@muster/control'
import type { InvariantWatch } from './invariants.ts'

type Store = ControlDeps['store']
type Tables = Parameters<Parameters<Store['transaction']>[0]>[0]

/** A store that tells a watch what each transaction has written, once it is committed. */
export function watchStore(store: Store, watch: InvariantWatch): Store {
  return {
    ...store,
    transaction: async (work) => {
      const tell: (() => void)[] = []
      const value = await store.transaction((tables) => work(listening(tables, watch, tell)))
      for (const each of tell) each()
      watch.onCommit()
      return value
    },
  }
}

function listening(tables: Tables, watch: InvariantWatch, tell: (() => void)[]): Tables {
  return {
    ...tables,
    devices: {
      ...tables.devices,
      put: async (devices) => {
        await tables.devices.put(devices)
        tell.push(() => watch.onDevices(devices))
      },
    },
    devicePolicies: {
      ...tables.devicePolicies,
      put: async (rows) => {
        await tables.devicePolicies.put(rows)
        tell.push(() => watch.onPolicies(rows))
      },
      delete: async (keys) => {
        await tables.devicePolicies.delete(keys)
        tell.push(() => watch.onPoliciesRemoved(keys))
      },
    },
    reports: {
      ...tables.reports,
      append: async (rows) => {
        await tables.reports.append(rows)
        tell.push(() => watch.onReports(rows))
      },
    },
    certificates: {
      ...tables.certificates,
      put: async (certificates) => {
        await tables.certificates.put(certificates)
        tell.push(() => watch.onCertificates(certificates))
      },
    },
  }
}
