// Checks the package as users get it: packs it, lints the tarball, compares its file list with
// scripts/package-files.txt, installs it into an empty project, imports it there, and compiles a
// consumer against its types. `--update` writes the file list. Needs a build.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { documentedImports } from './documented-imports.ts';
import { entries, manifest, root } from './entries.ts';

const update = process.argv.includes('--update');
const work = mkdtempSync(join(tmpdir(), 'relier-package-'));
const consumer = join(work, 'consumer');
const bin = (name: string): string => join(root, 'node_modules', '.bin', name);
let failures = 0;

function report(name: string, problem: string): void {
  if (problem !== '') failures += 1;
  process.stdout.write(`${problem === '' ? 'ok    ' : 'FAILED'} ${name}\n`);
  if (problem !== '') process.stdout.write(`${problem.trim().replace(/^/gm, '       ')}\n`);
}

/** Runs a command and gives its output if it failed. */
function run(directory: string, command: string, ...args: string[]): string {
  const result = spawnSync(command, args, { cwd: directory, encoding: 'utf8' });
  if (result.status === 0) return '';
  return `${result.error ?? ''}${result.stdout ?? ''}${result.stderr ?? ''}` || 'no output';
}

function pack(): { path: string; files: string[] } {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', work];
  const output = execFileSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [tarball] = JSON.parse(output);
  const files = tarball.files.map((file: { path: string }) => file.path).sort();
  return { path: join(work, tarball.filename), files };
}

function compareFiles(files: string[]): string {
  const list = join(root, 'scripts', 'package-files.txt');
  if (update) writeFileSync(list, `${files.join('\n')}\n`);
  const expected = readFileSync(list, 'utf8').trim().split('\n');
  const missing = expected
    .filter((file) => !files.includes(file))
    .map((file) => `missing: ${file}`);
  const added = files
    .filter((file) => !expected.includes(file))
    .map((file) => `not listed: ${file}`);
  return [...missing, ...added].join('\n');
}

function install(tarball: string): string {
  cpSync(join(root, 'scripts', 'consumer'), consumer, { recursive: true });
  writeFileSync(join(consumer, 'entries.json'), JSON.stringify(entries.map((e) => e.specifier)));
  const flags = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts'];
  return run(consumer, 'npm', 'install', ...flags, tarball);
}

/** Compiles the consumer as a project for pages or for Node would, without skipLibCheck. */
function compile(moduleResolution: 'node16' | 'bundler', platform: 'dom' | 'node'): string {
  const config = {
    compilerOptions: {
      strict: true,
      noEmit: true,
      target: 'es2022',
      module: moduleResolution === 'node16' ? 'node16' : 'esnext',
      moduleResolution,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      lib: platform === 'dom' ? ['ES2022', 'DOM', 'DOM.Iterable'] : ['ES2022'],
      types: platform === 'dom' ? [] : ['node'],
      typeRoots: [join(root, 'node_modules', '@types')],
    },
    include: ['*.ts'],
    exclude: [platform === 'dom' ? '*.node.ts' : '*.dom.ts'],
  };
  const project = `tsconfig.${moduleResolution}.${platform}.json`;
  writeFileSync(join(consumer, project), JSON.stringify(config));
  return run(consumer, bin('tsc'), '-p', project);
}

/** Every import of the package in the documentation, as a module to compile. */
function compileDocumentation(): string {
  const imports = documentedImports();
  const exported = new Set(entries.map((entry) => entry.specifier));
  const unknown = imports.filter(({ specifier }) => !exported.has(specifier));
  if (unknown.length > 0) {
    return unknown.map(({ file, specifier }) => `${file}: no such entry: ${specifier}`).join('\n');
  }
  imports.forEach(({ file, specifier, statement }, index) => {
    const [, entry = ''] = specifier.split('/');
    const platform = { node: '.node', browser: '.dom' }[entry] ?? '';
    const name = `${file.replace(/\W/g, '-')}-${index}${platform}.ts`;
    writeFileSync(join(consumer, name), `${statement}\n`);
  });
  return '';
}

try {
  const tarball = pack();
  report(`contents are those of scripts/package-files.txt`, compareFiles(tarball.files));
  report('publint', run(root, bin('publint'), 'run', tarball.path, '--strict'));
  report('are the types wrong', run(root, bin('attw'), tarball.path, '--profile', 'esm-only'));
  const installed = install(tarball.path);
  report('installs', installed);
  if (installed === '') {
    report('documentation imports only what exists', compileDocumentation());
    report('runs', run(consumer, process.execPath, 'smoke.mjs'));
    for (const resolution of ['node16', 'bundler'] as const) {
      for (const platform of ['dom', 'node'] as const) {
        report(`types: ${resolution}, ${platform}`, compile(resolution, platform));
      }
    }
  }
  const bytes = statSync(tarball.path).size;
  const unpacked = `${tarball.files.length} files`;
  process.stdout.write(
    `${manifest.name}-${manifest.version}: ${(bytes / 1000).toFixed(1)} kB packed, ${unpacked}\n`,
  );
} finally {
  rmSync(work, { recursive: true, force: true });
}
process.exitCode = failures > 0 ? 1 : 0;
