import { defineConfig } from 'vite';
import { demoServices } from './demo-services.ts';

export default defineConfig({
  plugins: [demoServices()],
  server: {
    // The package is a folder of this repository.
    fs: { allow: ['../..'] },
    // It brings styles of its own, which the page's policy refuses: errors are in the terminal.
    hmr: { overlay: false },
  },
});
