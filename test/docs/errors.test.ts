import { basename } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { filesIn, textOf } from '../support/code-blocks.ts';

const document = textOf('docs/errors.md');
const names = namesOfChecks();

describe('docs/errors.md', () => {
  it('has exactly one entry for each error code, and no other', () => {
    const documented = [...document.matchAll(/^## `([^`]+)`$/gm)].map(([, code]) => code);
    const codes = membersOfUnion(sourceOf('src/errors.ts'), 'ErrorCode');

    expect(documented.toSorted()).toEqual(codes.toSorted());
    expect(codes.length).toBeGreaterThan(20);
  });

  it('says in every entry what to do and whether to try again', () => {
    const entries = document.split(/^## /m).filter((entry) => entry.startsWith('`'));
    const incomplete = entries
      .filter(
        (entry) => !/^\*\*What to do\.\*\* /m.test(entry) || !/^\*\*Retry\.\*\* /m.test(entry),
      )
      .map((entry) => entry.split('\n')[0]);

    expect(incomplete).toEqual([]);
  });

  it('explains every check that the code can name', () => {
    const documented = checksInTables();
    const missing = names
      .filter(({ subject, name }) =>
        subject
          ? !documented.has(`${subject}.${name}`)
          : ![...documented].some((check) => check.endsWith(`.${name}`)),
      )
      .map(({ subject = '*', name }) => `${subject}.${name}`);

    expect(missing).toEqual([]);
  });

  it('explains no check that the code cannot name', () => {
    const invented = [...checksInTables()].filter((check) => {
      const [subject, name] = check.split('.');
      return !names.some((known) => known.name === name && (known.subject ?? subject) === subject);
    });

    expect(invented).toEqual([]);
  });

  it('puts every check under the code that its failure has', () => {
    const misplaced = document.split(/^## /m).flatMap((entry) => {
      const [, code = ''] = /^`([^`]+)`/.exec(entry) ?? [];
      return [...checksInTables(entry)].filter(
        (check) =>
          code !== `invalid_${check.split('.')[0]}` && !/^transaction_(?:not_found|exp)/.test(code),
      );
    });

    expect(misplaced).toEqual([]);
  });
});

/** The names in the first columns of the tables of checks. */
function checksInTables(text = document): Set<string> {
  const rows = text.matchAll(/^\| ((?:`\w+\.\w+`(?:, )?)+) +\|/gm);
  return new Set(
    [...rows].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    ),
  );
}

interface CheckName {
  /** The first part; absent where the code is the same for several subjects. */
  readonly subject?: string;
  readonly name: string;
}

/** Every name of a check that stands literally in the sources. */
function namesOfChecks(): CheckName[] {
  const found = filesIn('src', '.ts').flatMap((file) => checksIn(sourceOf(file)));
  const unique = new Map(found.map((check) => [`${check.subject ?? '*'}.${check.name}`, check]));
  // The reader below knows a few forms of code; it must not go blind when they change.
  expect([...unique.keys()]).toEqual(
    expect.arrayContaining([
      'metadata.issuer',
      'authorization_response.state',
      'token_response.expires_in',
      'id_token.at_hash',
      'id_token.alg',
      'userinfo.sub',
      '*.signature',
      '*.key',
    ]),
  );
  return [...unique.values()];
}

/**
 * The checks of one file: `checkFailed(subject, name)`, calls of what `checksOf(subject)` returns,
 * calls of functions that pass their first parameter on, the shapes of answers whose members the
 * protocol core names in prose only, and `check: 'subject.name'`.
 */
function checksIn(source: ts.SourceFile): CheckName[] {
  const found: CheckName[] = [];
  const checkers = new Map<string, string | undefined>();
  const strings = new Map<string, string>();
  const lists = new Map<string, ts.ArrayLiteralExpression>();
  const add = (subject: string | undefined, names: readonly string[]) => {
    for (const name of names) found.push(subject ? { subject, name } : { name });
  };
  const text = (node: ts.Node | undefined) =>
    node && ts.isStringLiteralLike(node)
      ? node.text
      : node && ts.isIdentifier(node)
        ? strings.get(node.text)
        : undefined;

  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer) {
      const { initializer } = node;
      const name = node.name.text;
      if (ts.isStringLiteral(initializer)) strings.set(name, initializer.text);
      const list = listOf(initializer);
      if (list) lists.set(name, list);
      if (isCallOf(initializer, 'checksOf')) checkers.set(name, text(initializer.arguments[0]));
      if (ts.isArrowFunction(initializer) && isCallOf(initializer.body, 'checkFailed')) {
        checkers.set(name, text(initializer.body.arguments[0]));
      }
      if (name === 'CLAIMS') {
        add('id_token', keysOf(initializer));
        // Signed answers of other kinds carry them too.
        add(undefined, keysOf(initializer));
      }
      // What the JOSE library names by its error codes, for any kind of token.
      if (name === 'NAMES' && ts.isObjectLiteralExpression(initializer)) {
        for (const property of initializer.properties) {
          if (ts.isPropertyAssignment(property)) add(undefined, literals(property.initializer));
        }
      }
    }
    if (isCallOf(node, 'checkFailed')) add(text(node.arguments[0]), literals(node.arguments[1]));
    if (ts.isCallExpression(node)) {
      const { expression: called } = node;
      if (isCallOf(called, 'checksOf')) {
        add(text(called.arguments[0]), literals(node.arguments[0]));
      } else if (ts.isIdentifier(called) && checkers.has(called.text)) {
        add(checkers.get(called.text), literals(node.arguments[0]));
      }
    }
    // A claim that is demanded is the name of its check.
    if (ts.isPropertyAssignment(node) && /^required(?:Claims)?$/.test(node.name.getText(source))) {
      const list = listOf(node.initializer);
      add(strings.get('subject'), list?.elements.flatMap(literals) ?? []);
    }
    // The shape of an answer stands beside the one function that asks for it.
    if (ts.isPropertyAssignment(node) && node.name.getText(source) === 'members') {
      add(subjectOf(source), keysOf(node.initializer));
    }
    if (ts.isPropertyAssignment(node) && node.name.getText(source) === 'check') {
      const [subject, name] = text(node.initializer)?.split('.') ?? [];
      if (subject && name) add(subject, [name]);
    }
    ts.forEachChild(node, visit);
  };

  const keysOf = (node: ts.Node) =>
    ts.isObjectLiteralExpression(node)
      ? node.properties.map((property) => property.name?.getText(source) ?? '')
      : [];

  /** A literal, either branch of a choice, or all that a loop over literals goes through. */
  const literals = (node: ts.Node | undefined): string[] => {
    const typed = node && literalTypeOf(node, source);
    if (typed) return [typed];
    if (!node || isNamedElsewhere(node, source)) return [];
    if (ts.isStringLiteralLike(node)) return [node.text];
    if (ts.isConditionalExpression(node)) {
      return [...literals(node.whenTrue), ...literals(node.whenFalse)];
    }
    const loop = ts.findAncestor(
      node,
      (outer): outer is ts.ForOfStatement =>
        ts.isForOfStatement(outer) &&
        new RegExp(`^const \\[?${node.getText(source)}\\b`).test(outer.initializer.getText(source)),
    );
    const list = loop && listOf(loop.expression);
    if (list)
      return list.elements.flatMap((element) => literals(listOf(element)?.elements[0] ?? element));
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    throw new Error(`${source.fileName}:${line + 1}: which check is ${node.getText(source)}?`);
  };

  /** An array literal, in place or by the name of its constant. */
  const listOf = (node: ts.Expression): ts.ArrayLiteralExpression | undefined => {
    if (ts.isAsExpression(node) || ts.isParenthesizedExpression(node))
      return listOf(node.expression);
    if (ts.isIdentifier(node)) return lists.get(node.text);
    return ts.isArrayLiteralExpression(node) ? node : undefined;
  };

  visit(source);
  return found;
}

/** What a file asks for, or what it is named after. */
function subjectOf({ fileName, text }: ts.SourceFile): string {
  const [, named] = /\bsubject(?: =|:) '(\w+)'/.exec(text) ?? [];
  return named ?? basename(fileName, '.ts').replaceAll('-', '_');
}

/** A name that a caller passes in, or one that the protocol core gave. */
function isNamedElsewhere(node: ts.Node, source: ts.SourceFile): boolean {
  const isTranslator = /^src\/(?:protocol-errors|tokens\/verify-jwt)\.ts$/.test(source.fileName);
  if (isTranslator && !ts.isStringLiteralLike(node)) return true;
  const isParameter = (outer: ts.Node) =>
    ts.isArrowFunction(outer) || ts.isFunctionDeclaration(outer)
      ? outer.parameters.some(({ name }) => name.getText(source) === node.getText(source))
      : false;
  return ts.isIdentifier(node) && ts.findAncestor(node, isParameter) !== undefined;
}

/** The one name that a parameter can have by its type. */
function literalTypeOf(node: ts.Node, source: ts.SourceFile): string | undefined {
  const owner = ts.findAncestor(node, ts.isFunctionDeclaration);
  const type = owner?.parameters.find(
    ({ name }) => name.getText(source) === node.getText(source),
  )?.type;
  return type && ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)
    ? type.literal.text
    : undefined;
}

function isCallOf(node: ts.Node, name: string): node is ts.CallExpression {
  return (
    ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === name
  );
}

/** The string literals that a union type comes down to, through the aliases of its file. */
function membersOfUnion(source: ts.SourceFile, alias: string): string[] {
  const declaration = source.statements.find(
    (statement): statement is ts.TypeAliasDeclaration =>
      ts.isTypeAliasDeclaration(statement) && statement.name.text === alias,
  );
  if (!declaration) throw new Error(`${source.fileName} declares no type ${alias}.`);
  const members = (type: ts.TypeNode): string[] => {
    if (ts.isUnionTypeNode(type)) return type.types.flatMap(members);
    if (ts.isLiteralTypeNode(type) && ts.isStringLiteral(type.literal)) return [type.literal.text];
    if (ts.isTypeReferenceNode(type)) return membersOfUnion(source, type.typeName.getText(source));
    throw new Error(`${type.getText(source)} is not a union of literals.`);
  };
  return members(declaration.type);
}

function sourceOf(file: string): ts.SourceFile {
  return ts.createSourceFile(file, textOf(file), ts.ScriptTarget.ES2022, true);
}
