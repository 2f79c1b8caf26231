// Keeps docs/api/<entry>.api.md, the public surface as text, so that every change of it shows up in
// a diff. Fails when the report is out of date, when a public declaration has no doc comment, or
// when a type is used in the API but not exported. `--update` writes the reports.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Extractor,
  ExtractorConfig,
  ExtractorLogLevel,
  type ExtractorMessage,
  type IConfigFile,
} from '@microsoft/api-extractor';
import { type Entry, entries, root } from './entries.ts';

const update = process.argv.includes('--update');
const silent = { logLevel: ExtractorLogLevel.None };
const failing = { logLevel: ExtractorLogLevel.Error, addToApiReportFile: false };

function configuration(entry: Entry, work: string): ExtractorConfig {
  const configObject: IConfigFile = {
    projectFolder: root,
    mainEntryPointFilePath: join(root, 'dist', `${entry.name}.d.ts`),
    newlineKind: 'lf',
    compiler: {
      overrideTsconfig: {
        extends: join(root, 'tsconfig.base.json'),
        compilerOptions:
          entry.name === 'node'
            ? { lib: ['ES2022', 'DOM'], types: ['node'] }
            : { lib: ['ES2022', 'DOM'], types: [] },
        files: [join(root, 'dist', `${entry.name}.d.ts`)],
      },
    },
    apiReport: {
      enabled: true,
      reportFileName: entry.name,
      reportFolder: work,
      reportTempFolder: work,
    },
    docModel: { enabled: false },
    dtsRollup: { enabled: false },
    tsdocMetadata: { enabled: false },
    messages: {
      compilerMessageReporting: { default: failing },
      extractorMessageReporting: {
        default: failing,
        // Release tags and TSDoc's own syntax are not used here.
        'ae-missing-release-tag': silent,
        'ae-unresolved-link': failing,
        'ae-undocumented': failing,
        'ae-forgotten-export': failing,
      },
      tsdocMessageReporting: { default: silent },
    },
  };
  return ExtractorConfig.prepare({
    configObject,
    configObjectFullPath: undefined,
    packageJsonFullPath: join(root, 'package.json'),
  });
}

/** What is wrong with the entry's report, nothing if it is as committed. */
function check(entry: Entry): string[] {
  const work = mkdtempSync(join(tmpdir(), 'relier-api-'));
  const problems: string[] = [];
  try {
    Extractor.invoke(configuration(entry, work), {
      localBuild: true,
      messageCallback: (message: ExtractorMessage) => {
        const isProblem =
          message.logLevel === ExtractorLogLevel.Error && !isExportedByMain(message);
        if (isProblem) problems.push(describe(message));
        message.handled = true;
      },
    });
    const fresh = join(work, `${entry.name}.api.md`);
    const committed = join(root, 'docs', 'api', `${entry.name}.api.md`);
    if (update) {
      mkdirSync(join(root, 'docs', 'api'), { recursive: true });
      copyFileSync(fresh, committed);
    } else if (!existsSync(committed)) {
      problems.push(`docs/api/${entry.name}.api.md does not exist: run \`npm run api\`.`);
    } else {
      problems.push(...difference(entry, committed, fresh));
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return problems;
}

/** The other entries build on the main one: its types are imported from there. */
function isExportedByMain({ messageId, text }: ExtractorMessage): boolean {
  const [, name] = /symbol "(\w+)"/.exec(text) ?? [];
  const main = readFileSync(join(root, 'docs', 'api', 'index.api.md'), 'utf8');
  const isThere = new RegExp(`^export (?:\\w+ )*${name}\\b`, 'm').test(main);
  return messageId === 'ae-forgotten-export' && isThere;
}

function describe(message: ExtractorMessage): string {
  const at =
    message.sourceFilePath === undefined
      ? ''
      : `${message.sourceFilePath.replace(root, '')}:${message.sourceFileLine} `;
  return `${at}${message.text} (${message.messageId})`;
}

function difference(entry: Entry, committed: string, fresh: string): string[] {
  if (readFileSync(committed, 'utf8') === readFileSync(fresh, 'utf8')) return [];
  const { stdout } = spawnSync('git', ['diff', '--no-index', '--no-color', committed, fresh], {
    encoding: 'utf8',
  });
  return [
    `The public API differs from docs/api/${entry.name}.api.md: review it, then run \`npm run api\`.`,
    ...(stdout ?? '').split('\n').slice(4),
  ];
}

let failed = false;
for (const entry of entries) {
  const problems = check(entry);
  failed ||= problems.length > 0;
  process.stdout.write(`${entry.specifier}: ${problems.length === 0 ? 'ok' : 'failed'}\n`);
  for (const problem of problems) process.stdout.write(`  ${problem}\n`);
}
process.exitCode = failed ? 1 : 0;
