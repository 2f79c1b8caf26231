import { relative } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { root } from './entries.ts';

export interface BundleSize {
  /** Bytes of what loads with the page. */
  readonly minified: number;
  readonly gzipped: number;
  /** Gzipped bytes of the chunks that a dynamic import loads later. */
  readonly lazy: number;
  /** The code that loads with the page. */
  readonly texts: readonly string[];
  /** Every file that went in, relative to the repository. */
  readonly inputs: readonly string[];
}

/** Bundles one entry as bundlers do it for pages, or for Node: esbuild, minified, gzip -9. */
export async function bundleSize(
  file: string,
  platform: 'browser' | 'node' = 'browser',
): Promise<BundleSize> {
  const { metafile, outputFiles } = await build({
    entryPoints: { entry: file },
    absWorkingDir: root,
    outdir: 'out',
    write: false,
    metafile: true,
    bundle: true,
    // A dynamic import becomes a chunk and costs nothing until used.
    splitting: true,
    platform,
    format: 'esm',
    target: 'es2022',
    minify: true,
    legalComments: 'none',
    logLevel: 'error',
    // Without the repository's own tsconfig, whose `paths` would bundle src instead of dist.
    tsconfigRaw: {},
  });
  const startup = reachable(metafile, ['import-statement']);
  const later = reachable(metafile, ['import-statement', 'dynamic-import']);
  const size = { minified: 0, gzipped: 0, lazy: 0 };
  const texts: string[] = [];
  for (const { contents, path, text } of outputFiles) {
    const name = relative(root, path);
    if (!later.has(name)) continue;
    const gzipped = gzipSync(contents, { level: 9 }).length;
    if (!startup.has(name)) {
      size.lazy += gzipped;
      continue;
    }
    size.minified += contents.length;
    size.gzipped += gzipped;
    texts.push(text);
  }
  return { ...size, texts, inputs: Object.keys(metafile.inputs) };
}

/** The output files that load with the entry through imports of the given kinds. */
function reachable(metafile: Metafile, kinds: string[]): Set<string> {
  const found = new Set(['out/entry.js']);
  for (const path of found) {
    for (const imported of metafile.outputs[path]?.imports ?? []) {
      if (kinds.includes(imported.kind)) found.add(imported.path);
    }
  }
  return found;
}

export const kilobytes = (bytes: number): string => (bytes / 1000).toFixed(2);
