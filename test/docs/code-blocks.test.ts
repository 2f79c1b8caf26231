import { describe, expect, it } from 'vitest';
import { codeBlocks, compile, deadLinks, filesIn, textOf } from '../support/code-blocks.ts';

const documents = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'].concat(
  filesIn('docs', '.md').filter((file) => !file.startsWith('docs/api')),
);
const sources = filesIn('src', '.ts');

describe('the code in the documentation', () => {
  it('compiles against the package, block by block', { timeout: 30_000 }, () => {
    const blocks = [...documents, ...sources]
      .flatMap(codeBlocks)
      .filter(({ language }) => language === 'ts');

    expect(compile(blocks)).toEqual([]);
    expect(blocks.length).toBeGreaterThan(20);
  });

  it('would not compile with a name that the package lacks', { timeout: 30_000 }, () => {
    const code = "import { neverExported } from 'relier'\nneverExported()";

    const problems = compile([{ file: 'README.md', line: 10, language: 'ts', code }]);

    expect(problems).toEqual([
      expect.stringMatching(/^README\.md:10: .*no exported member 'neverExported'/),
    ]);
  });

  it('says what it is written in, so that none escapes the compiler', () => {
    const unchecked = documents
      .flatMap(codeBlocks)
      .filter(({ language }) => !['ts', 'sh', 'text'].includes(language))
      .map(({ file, line }) => `${file}:${line}`);

    expect(unchecked).toEqual([]);
  });

  it('stands in a block under every @example', () => {
    const incomplete = sources.filter((file) => {
      const examples = textOf(file).match(/^\s*\* @example$/gm) ?? [];
      return examples.length !== codeBlocks(file).length;
    });

    expect(incomplete).toEqual([]);
  });
});

describe('the documents', () => {
  it('link only to what exists', () => {
    const dead = documents.flatMap((file) => deadLinks(file).map((link) => `${file}: ${link}`));

    expect(dead).toEqual([]);
  });
});
