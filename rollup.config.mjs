// Builds what is published: per entry one ES module and one declaration file; what entries share
// goes to dist/chunks, under names that do not change from build to build.
import { readFileSync, rmSync } from 'node:fs';
import { dts } from 'rollup-plugin-dts';
import esbuild from 'rollup-plugin-esbuild';

const entries = {
  index: 'src/index.ts',
  browser: 'src/browser/index.ts',
  node: 'src/node/index.ts',
  management: 'src/management/index.ts',
  redis: 'src/redis/index.ts',
};

const manifest = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const dependencies = Object.keys(manifest.dependencies);
const external = (id) =>
  id.startsWith('node:') || dependencies.some((name) => id === name || id.startsWith(`${name}/`));

function failOnWarning(warning) {
  throw new Error(warning.message);
}

// A dependency that an entry does not use is not imported for its side effects either.
const treeshake = { moduleSideEffects: 'no-external' };

// Neither plugin is told of a tsconfig: each takes the one nearest to the file, so that every entry
// is built for its own platform.
const javascript = {
  input: entries,
  external,
  treeshake,
  onwarn: failOnWarning,
  plugins: [esbuild({ target: 'es2022' })],
  output: {
    dir: 'dist',
    format: 'es',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunks/[name].js',
    sourcemap: true,
    hoistTransitiveImports: false,
  },
};

const declarations = {
  input: entries,
  external,
  treeshake,
  onwarn: failOnWarning,
  plugins: [dts()],
  output: {
    dir: 'dist',
    format: 'es',
    entryFileNames: '[name].d.ts',
    chunkFileNames: 'chunks/[name].d.ts',
  },
};

export default ({ configJsOnly = false }) => {
  rmSync(new URL('dist', import.meta.url), { recursive: true, force: true });
  return configJsOnly ? [javascript] : [javascript, declarations];
};
