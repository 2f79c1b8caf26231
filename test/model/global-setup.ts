import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { noStatistics, type Statistics } from './ledger.ts';
import { summaryOf } from './summary.ts';

declare module 'vitest' {
  interface ProvidedContext {
    modelSeed: number;
    /** Where the files that run side by side leave what they have counted. */
    modelFolder: string;
  }
}

/** One seed for all files, and one summary of them at the end. */
export function setup(project: TestProject): () => void {
  const seed = Number(process.env['MODEL_SEED'] ?? Date.now() % 2 ** 31);
  const folder = mkdtempSync(join(tmpdir(), 'relier-model-'));
  project.provide('modelSeed', seed);
  project.provide('modelFolder', folder);

  return () => {
    const parts = readdirSync(folder).map((file): Statistics => {
      return JSON.parse(readFileSync(join(folder, file), 'utf8'));
    });
    rmSync(folder, { recursive: true });
    if (parts.length === 0) return;
    const total = noStatistics();
    for (const part of parts) {
      for (const name of Object.keys(total) as (keyof Statistics)[]) total[name] += part[name];
    }
    console.info(summaryOf(seed, total));
    const file = process.env['MODEL_JSON'];
    if (file) writeFileSync(file, `${JSON.stringify({ seed, ...total }, undefined, 2)}\n`);
  };
}
