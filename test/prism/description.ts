import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface DescribedOperation {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly body: 'required' | 'optional' | undefined;
  /** All statuses that it declares. */
  readonly statuses: readonly number[];
  /** The OAuth scopes that allow it. */
  readonly scopes: readonly string[];
}

interface Reference {
  readonly $ref?: string;
}

interface Parameter extends Reference {
  readonly in: string;
  readonly name: string;
}

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Reference & { readonly required?: boolean };
  readonly responses: Readonly<Record<string, unknown>>;
  readonly security: readonly { readonly oauth2?: readonly string[] }[];
}

type Path = Readonly<Record<string, Operation>> & { readonly parameters?: readonly Parameter[] };

interface Description {
  readonly paths: Readonly<Record<string, Path>>;
}

interface Correction {
  readonly op: string;
  readonly path: string;
  readonly value: unknown;
}

/**
 * Okta's description, with the corrections of the `errata.json` beside it, if there is one: its
 * examples and a few schemas contradict each other, and what live answers show.
 */
export function readDescription(file: string): Description {
  const description = JSON.parse(readFileSync(file, 'utf8')) as Description;
  const errata = join(dirname(file), 'errata.json');
  if (existsSync(errata)) {
    const corrections = JSON.parse(readFileSync(errata, 'utf8')) as Correction[];
    for (const correction of corrections) correct(description, correction);
  }
  return description;
}

/** One step of a JSON Patch (RFC 6902) that sets a member. */
function correct(description: Description, { op, path, value }: Correction): void {
  if (op !== 'add' && op !== 'replace') throw new Error(`Cannot ${op} in a description.`);
  const cut = path.lastIndexOf('/');
  Object.assign(at(description, path.slice(0, cut)), { [unescaped(path.slice(cut + 1))]: value });
}

/** What a JSON Pointer (RFC 6901) leads to. */
function at(document: object, pointer: string): object {
  const steps = pointer.split('/').slice(1).map(unescaped);
  const found = steps.reduce<unknown>((node, step) => Object(node)[step], document);
  if (typeof found !== 'object' || found === null) throw new Error(`There is no ${pointer}.`);
  return found;
}

function unescaped(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}

/** What the description says of each operation, as far as a client has to know. */
export function operationsOf(description: Description): DescribedOperation[] {
  const resolved = <Node extends Reference>(node: Node): Node =>
    node.$ref === undefined ? node : (at(description, node.$ref.slice(1)) as Node);
  return Object.entries(description.paths).flatMap(([path, { parameters = [], ...methods }]) =>
    Object.entries(methods as Record<string, Operation>).map(([method, operation]) => {
      const body = operation.requestBody && resolved(operation.requestBody);
      return {
        operationId: operation.operationId,
        method: method.toUpperCase(),
        path,
        query: [...parameters, ...(operation.parameters ?? [])]
          .map(resolved)
          .filter((parameter) => parameter.in === 'query')
          .map(({ name }) => name),
        body: body && (body.required ? 'required' : 'optional'),
        statuses: Object.keys(operation.responses).map(Number),
        scopes: operation.security.flatMap(({ oauth2 = [] }) => oauth2),
      };
    }),
  );
}
