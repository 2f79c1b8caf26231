import { oktaError, validationFailed } from './errors.ts';
import type { Call, Json } from './types.ts';

interface Findings {
  readonly causes: string[];
  readonly unknown: string[];
}

/** Reads a value, notes what is wrong with it, and throws where its type is another. */
type Reader = (value: unknown, path: string, findings: Findings) => unknown;

export function text({ min = 0, max = Number.POSITIVE_INFINITY } = {}): Reader {
  return (value, path, { causes }) => {
    if (typeof value !== 'string') throw oktaError('E0000003');
    if (value.length < min) causes.push(`${path}: The field cannot be left blank`);
    if (value.length > max) causes.push(`${path}: The field is too long. Maximum: ${max}`);
    return value;
  };
}

export const flag: Reader = (value) => {
  if (typeof value !== 'boolean') throw oktaError('E0000003');
  return value;
};

export function whole(min: number, max: number): Reader {
  return (value, path, { causes }) => {
    if (typeof value !== 'number' || !Number.isInteger(value)) throw oktaError('E0000003');
    if (value < min || value > max) causes.push(`${path}: Must be between ${min} and ${max}`);
    return value;
  };
}

export function oneOf(...allowed: readonly string[]): Reader {
  return (value, path, { causes }) => {
    if (typeof value !== 'string') throw oktaError('E0000003');
    if (!allowed.includes(value)) causes.push(`${path}: Must be one of ${allowed.join(', ')}`);
    return value;
  };
}

export function list(of: Reader): Reader {
  return (value, path, findings) => {
    if (!Array.isArray(value)) throw oktaError('E0000003');
    return value.map((item, index) => of(item, `${path}[${index}]`, findings));
  };
}

/** What Okta sets itself may be sent back, and is ignored. */
export const ignored: Reader = () => undefined;

export const anything: Reader = (value) => value;

export function object(
  members: Readonly<Record<string, Reader>>,
  required: readonly string[] = [],
): Reader {
  return (value, path, findings) => {
    if (!isObject(value)) throw oktaError('E0000003');
    const at = (name: string) => (path ? `${path}.${name}` : name);
    for (const name of required) {
      // An omitted property and a null one are the same.
      if (value[name] === undefined || value[name] === null) {
        findings.causes.push(`${at(name)}: The field cannot be left blank`);
      }
    }
    const result: Json = {};
    for (const [name, member] of Object.entries(value)) {
      const reader = Object.hasOwn(members, name) ? members[name] : undefined;
      if (!reader) findings.unknown.push(at(name));
      if (!reader || member === null) continue;
      const read = reader(member, at(name), findings);
      if (read !== undefined) result[name] = read;
    }
    return result;
  };
}

/**
 * The body as far as Okta knows it. Properties that it doesn't know are dropped without a word, and
 * recorded. `subject` is what the error is about.
 */
export function readBody(call: Call, subject: string, shape: Reader): Json {
  const findings: Findings = { causes: [], unknown: [] };
  const body = shape(call.body ?? {}, '', findings) as Json;
  if (call.org.faults.futureProperty && isObject(call.body) && 'futureProperty' in call.body) {
    body['futureProperty'] = call.body['futureProperty'];
  }
  for (const name of findings.unknown) {
    if (name !== 'futureProperty') call.org.violate(`the body has ${name}, which nobody documents`);
  }
  if (findings.causes.length > 0) throw validationFailed(subject, findings.causes);
  return body;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
