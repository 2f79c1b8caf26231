import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 10_000,
    hookTimeout: 10_000,
    coverage: {
      provider: 'istanbul',
      include: ['src/**/*.ts'],
      reporter: [['text', { maxCols: 120 }], 'text-summary', 'json-summary'],
    },
    projects: [
      {
        extends: true,
        // One process for all files: nothing here changes globals, and keys are made once.
        test: {
          name: 'node',
          environment: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/browser/**',
            'test/browsers/**',
            'test/property/**',
            'test/model/**',
            'test/soak/**',
            'test/native/**',
            'test/redis/**',
            'test/prism/**',
          ],
          isolate: false,
        },
      },
      {
        extends: true,
        // What is glue between windows, in a page of happy-dom that each test opens for itself.
        test: {
          name: 'dom',
          environment: 'node',
          include: ['test/browser/**/*.test.ts'],
          isolate: false,
        },
      },
      {
        extends: true,
        // Node drives a real browser: pages, popups and frames of several origins.
        test: {
          name: 'chromium',
          environment: 'node',
          // A sign-in from end to end. Everything is in `npm run test:browsers`, Chromium included.
          include: ['test/browsers/redirect.test.ts'],
          env: { ENGINES: 'chromium' },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'browsers',
          environment: 'node',
          include: ['test/browsers/**/*.test.ts'],
          env: { ENGINES: process.env['ENGINES'] ?? 'chromium,firefox,webkit' },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'property',
          environment: 'node',
          include: ['test/property/**/*.test.ts'],
          isolate: false,
          testTimeout: 3_600_000,
        },
      },
      {
        extends: true,
        // Files run side by side, each with its share of the runs.
        test: {
          name: 'model',
          environment: 'node',
          include: ['test/model/**/*.test.ts'],
          globalSetup: 'test/model/global-setup.ts',
          testTimeout: 36_000_000,
        },
      },
      {
        extends: true,
        // One file at a time: they measure, and start processes of their own.
        test: {
          name: 'soak',
          environment: 'node',
          include: ['test/soak/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        // A real Redis that is killed and stopped, and fleets of processes: one file at a time.
        test: {
          name: 'redis',
          environment: 'node',
          include: ['test/redis/**/*.test.ts'],
          fileParallelism: false,
          sequence: { groupOrder: 2 },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        // relier/management against Okta's own description, which OKTA_DESCRIPTION names.
        test: {
          name: 'contract',
          environment: 'node',
          include: ['test/prism/**/*.test.ts'],
          globalSetup: 'test/prism/global-setup.ts',
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        // With the keyring of the operating system: buses and daemons that the tests start.
        test: {
          name: 'native',
          environment: 'node',
          include: ['test/native/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            checker: 'tsc',
            tsconfig: 'tsconfig.json',
            include: ['test/**/*.test-d.ts'],
          },
        },
      },
    ],
  },
});
