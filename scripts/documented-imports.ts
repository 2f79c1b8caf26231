// Finds what the documentation imports from the package, so that a check can prove that it exists.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { manifest, root } from './entries.ts';

export interface DocumentedImport {
  file: string;
  specifier: string;
  /** The import as a statement that compiles by itself. */
  statement: string;
}

export function documentedImports(): DocumentedImport[] {
  return markdownFiles().flatMap((path) => {
    const file = relative(root, path);
    const blocks = readFileSync(path, 'utf8').matchAll(/^```\w*\n([\s\S]*?)^```/gm);
    return [...blocks].flatMap(([, code = '']) =>
      importsIn(code).map((found) => ({ file, ...found })),
    );
  });
}

function markdownFiles(): string[] {
  const docs = join(root, 'docs');
  const inDocs = readdirSync(docs, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && !path.startsWith('api'))
    .map((path) => join(docs, path));
  return [join(root, 'README.md'), ...inDocs].filter((path) => existsSync(path));
}

function importsIn(code: string): Omit<DocumentedImport, 'file'>[] {
  const ours = `['"](${manifest.name}(?:/[^'"]*)?)['"]`;
  const statements = code.matchAll(new RegExp(`(?:import|export)\\s[^;'"]*?from\\s+${ours}`, 'g'));
  const dynamic = code.matchAll(new RegExp(`import\\(\\s*${ours}\\s*\\)`, 'g'));
  return [
    ...[...statements].map(([statement, specifier = '']) => ({
      specifier,
      statement: `${statement};`,
    })),
    ...[...dynamic].map(([statement, specifier = '']) => ({
      specifier,
      statement: `export const entry = ${statement};`,
    })),
  ];
}
