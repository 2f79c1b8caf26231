import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { TestProject } from 'vitest/node';
import { closedPort } from '../support/raw-server.ts';
import { type DescribedOperation, operationsOf, readDescription } from './description.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Undefined where there is no description to serve. */
    contract: { readonly origin: string; readonly described: DescribedOperation[] } | undefined;
  }
}

/** Serves the description that `OKTA_DESCRIPTION` names with Prism, for as long as the tests run. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const file = process.env['OKTA_DESCRIPTION'];
  if (!file) {
    console.info('The contract suite is skipped: OKTA_DESCRIPTION names no description.');
    project.provide('contract', undefined);
    return undefined;
  }
  const description = readDescription(resolve(file));
  execFileSync('npm', [
    'ci',
    '--prefix',
    import.meta.dirname,
    '--no-audit',
    '--no-fund',
    '--silent',
  ]);
  const folder = mkdtempSync(join(tmpdir(), 'relier-contract-'));
  const served = join(folder, 'description.json');
  writeFileSync(served, JSON.stringify(description));
  const origin = await closedPort();
  const stop = await startPrism(served, origin);
  project.provide('contract', { origin, described: operationsOf(description) });
  return async () => {
    await stop();
    rmSync(folder, { recursive: true });
  };
}

/** Starts Prism, which answers by the description and refuses what it does not allow. */
async function startPrism(description: string, origin: string): Promise<() => Promise<void>> {
  const { hostname, port } = new URL(origin);
  const cli = join(import.meta.dirname, 'node_modules/@stoplight/prism-cli/dist/index.js');
  const prism = spawn(
    process.execPath,
    [cli, 'mock', '--errors', '--host', hostname, '--port', port, description],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const kill = () => void prism.kill();
  process.once('exit', kill);
  const ended = once(prism, 'exit');
  await new Promise<void>((listening, failed) => {
    void ended.then(() => failed(new Error('Prism ended before it listened.')));
    createInterface(prism.stdout).on('line', (line) => {
      if (line.includes('Prism is listening')) listening();
    });
  });
  return async () => {
    process.off('exit', kill);
    kill();
    await ended;
  };
}
