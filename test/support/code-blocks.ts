import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block of the documentation, or of a doc comment. */
export interface CodeBlock {
  /** The file, from the root of the repository. */
  readonly file: string;
  /** The line of its first line of code, from 1 on. */
  readonly line: number;
  /** What the fence says: `ts`, `sh`, nothing. */
  readonly language: string;
  readonly code: string;
}

/** The files under a folder of the repository whose names end in `ending`. */
export function filesIn(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort();
}

/** A file of the repository. */
export function textOf(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** The fenced blocks of a Markdown file, or those in the doc comments of a TypeScript file. */
export function codeBlocks(file: string): CodeBlock[] {
  const isSource = file.endsWith('.ts');
  const blocks: CodeBlock[] = [];
  let open: { line: number; language: string; code: string[] } | undefined;
  for (const [index, whole] of textOf(file).split('\n').entries()) {
    if (isSource && !/^\s*\*/.test(whole)) continue;
    const text = isSource ? whole.replace(/^\s*\* ?/, '') : whole;
    const fence = /^```(\w*)/.exec(text);
    if (!fence) {
      open?.code.push(text);
    } else if (open) {
      blocks.push({ ...open, file, code: open.code.join('\n') });
      open = undefined;
    } else {
      open = { line: index + 2, language: fence[1] ?? '', code: [] };
    }
  }
  if (open) throw new Error(`${file}:${open.line - 1}: the block does not end.`);
  return blocks;
}

/**
 * Compiles blocks, each as a module of its own and all in one program, as a strict project would
 * that has the package installed. Returns what the compiler says, with the places in the documents.
 */
export function compile(blocks: readonly CodeBlock[]): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    types: ['node'],
    paths: {
      relier: [join(root, 'src/index.ts')],
      'relier/browser': [join(root, 'src/browser/index.ts')],
      'relier/node': [join(root, 'src/node/index.ts')],
      'relier/redis': [join(root, 'src/redis/index.ts')],
      'relier/management': [join(root, 'src/management/index.ts')],
    },
    allowImportingTsExtensions: true,
    verbatimModuleSyntax: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const modules = new Map(
    blocks.map((block) => [join(root, `${block.file}.${block.line}.ts`), block]),
  );
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.getCurrentDirectory = () => root;
  host.fileExists = (path) => modules.has(path) || fileExists(path);
  host.readFile = (path) => modules.get(path)?.code ?? readFile(path);
  host.getSourceFile = (path, languageVersion, ...rest) => {
    const block = modules.get(path);
    return block
      ? ts.createSourceFile(path, block.code, languageVersion)
      : getSourceFile(path, languageVersion, ...rest);
  };
  const program = ts.createProgram([...modules.keys()], options, host);
  return [...modules].flatMap(([path, block]) => {
    const source = program.getSourceFile(path);
    return [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source),
    ].map(({ messageText, start = 0 }) => {
      const line = source?.getLineAndCharacterOfPosition(start).line ?? 0;
      const message = ts.flattenDiagnosticMessageText(messageText, ' ');
      return `${block.file}:${block.line + line}: ${message}`;
    });
  });
}

/** The relative links of a Markdown file that lead nowhere. */
export function deadLinks(file: string): string[] {
  const prose = textOf(file).replace(/^```[\s\S]*?^```/gm, '');
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [path = '', anchor] = target.split('#');
    const to = path ? relative(root, join(root, dirname(file), path)) : file;
    const exists = ts.sys.fileExists(join(root, to)) || ts.sys.directoryExists(join(root, to));
    return !exists || (anchor !== undefined && !anchorsOf(to).has(anchor));
  });
}

/** Headings in the form in which a link names them. */
function anchorsOf(file: string): Set<string> {
  const headings = textOf(file).matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
}
