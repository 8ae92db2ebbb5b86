import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The renderer: a normal web page under a strict policy (no inline script, no eval, assets beside it). */
export default defineConfig({
  root: 'renderer',
  base: './',
  plugins: [react()],
  build: {
    outDir: '../out/renderer',
    emptyOutDir: true,
    target: 'chrome140',
    assetsInlineLimit: 0,
    sourcemap: true,
    chunkSizeWarningLimit: 1000,
    modulePreload: { polyfill: false },
  },
  worker: { format: 'es' },
});
