import { defineConfig } from 'vitest/config';
import { root } from './root.ts';

export default defineConfig({
  test: {
    root,
    include: ['e2e/**/*.e2e.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    globalSetup: ['e2e/announce.ts'],
  },
});
