import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{shared,agent,control,scenarios}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/.build/**'],
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // Two cores: a process for each file costs more than it isolates.
    pool: 'threads',
    maxWorkers: 2,
  },
})
