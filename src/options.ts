import { ConfigurationError } from './errors.ts';
import { assertSecureUrl, parseUrl } from './secure-url.ts';

/** A value the caller passed that cannot work. The value is not shown: it may be a secret. */
export function invalidOption(option: string, problem: string): ConfigurationError {
  return new ConfigurationError(`The option ${option} ${problem}.`, 'invalid_option', option);
}

/** An object with named options. What is in a list, a Map or URLSearchParams would be lost. */
export function requireOptions(value: unknown, option = 'options'): void {
  if (typeof value !== 'object' || value === null || Symbol.iterator in value) {
    throw invalidOption(option, 'must be a plain object');
  }
}

/** An object with these methods, which is somebody else's implementation of something. */
export function requireMethods(value: unknown, option: string, methods: readonly string[]): void {
  if (!methods.every((method) => typeof Object(value)[method] === 'function')) {
    throw invalidOption(option, `must have the methods ${methods.join(', ')}`);
  }
}

/** Functions, where they are given. */
export function requireFunctions<T extends object>(
  options: T,
  names: readonly (keyof T & string)[],
) {
  for (const name of names) {
    const value = options[name];
    if (value !== undefined && typeof value !== 'function') {
      throw invalidOption(name, 'must be a function');
    }
  }
}

/** A permission or a wish: no word, of which every one would count as true. */
export function requireFlag(value: unknown, option: string): void {
  if (typeof (value ?? true) !== 'boolean') throw invalidOption(option, 'must be true or false');
}

/** A non-empty string. */
export function requireText(value: unknown, option: string): string {
  if (typeof value !== 'string' || !value)
    throw invalidOption(option, 'must be a non-empty string');
  return value;
}

/** A token as it goes into a header (RFC 6750 section 2.1 and what servers make of it). */
export function requireToken(value: unknown, option: string): string {
  if (!/^[\x21-\x7e]+$/.test(requireText(value, option))) {
    throw invalidOption(option, 'holds characters that a header cannot carry');
  }
  return value as string;
}

/** A list of non-empty strings, or nothing. */
export function requireTexts(value: unknown = [], option: string): readonly string[] {
  if (!Array.isArray(value)) throw invalidOption(option, 'must be a list of strings');
  for (const text of value) requireText(text, option);
  return value;
}

/** What tells and measures time. */
export function requireClock(value: unknown): void {
  requireMethods(value, 'clock', ['now', 'monotonic', 'setTimer']);
}

/** A finite number that is not negative. */
export function requireAmount(value: unknown, option: string): number {
  if (typeof value !== 'number' || !(value >= 0 && value < Infinity)) {
    throw invalidOption(option, 'must be a number from 0 on');
  }
  return value;
}

/** An issuer identifier (RFC 8414 section 2): TLS, no query, no fragment; kept to the byte. */
export function requireIssuer(value: unknown, allowLoopback: boolean): string {
  const issuer = requireText(value, 'issuer');
  const url = parseUrl(issuer);
  if (!url || /[?#]/.test(issuer) || url.username || url.password) {
    throw invalidOption('issuer', 'must be a URL without query, fragment and credentials');
  }
  assertSecureUrl(url, allowLoopback, 'issuer');
  return issuer;
}

// What browsers take out or turn around, so that a URI is not what it seems; and the fragment.
const UNSAFE = /[\s\\#\p{Cc}]/u;

/**
 * A redirect URI: https, http to this machine (RFC 8252 section 7.3), or a private-use scheme with
 * a dot in it (section 7.1); no fragment (RFC 6749 section 3.1.2).
 */
export function requireRedirectUri(value: unknown, option: string): string {
  const uri = requireText(value, option);
  const url = parseUrl(uri);
  if (
    !url ||
    UNSAFE.test(uri) ||
    url.username ||
    url.password ||
    !/^(?:https?:\/\/|[^:]*\.)/i.test(uri)
  ) {
    throw invalidOption(option, 'must be https, http to this machine, or of a scheme with a dot');
  }
  if (url.protocol === 'http:') assertSecureUrl(url, true, option);
  return uri;
}

/** One or more absolute URIs without a fragment (RFC 8707 section 2). */
export function requireResources(value: unknown = []): readonly string[] {
  const resources = [value].flat() as string[];
  if (!resources.every((uri) => typeof uri === 'string' && parseUrl(uri) && !/[#\s]/.test(uri))) {
    throw invalidOption('resource', 'must be absolute URIs without a fragment');
  }
  return resources;
}

/** Adds text options as wire parameters: camelCase here, snake_case there. */
export function addTexts<T extends object>(
  parameters: URLSearchParams,
  options: T,
  names: readonly (keyof T & string)[],
): void {
  for (const name of names) {
    const wireName = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (options[name] !== undefined) parameters.set(wireName, requireText(options[name], name));
  }
}

/** What would reach the server beside our own parameters, but change what is checked of its answer. */
const RESERVED =
  /^(?:client_(?:id|secret|assertion.*)|re(?:quest(?:_uri)?|sponse_(?:mode|type)|source)|(?:post_logout_)?redirect_uri|grant_type|scope|max_age|claims|id_token_hint)$/;

/**
 * Adds the caller's own parameters, none of which may stand in for one of ours. Called when all of
 * ours are set.
 */
export function addExtraParameters(
  parameters: URLSearchParams,
  extra: Readonly<Record<string, string>> = {},
  option = 'extraParameters',
): void {
  requireOptions(extra, option);
  for (const [name, value] of Object.entries(extra)) {
    if (RESERVED.test(name) || parameters.has(name)) {
      throw new ConfigurationError(
        `${option} may not hold ${name}, which relier sets.`,
        'reserved_parameter',
        name,
      );
    }
    parameters.set(name, requireText(value, name));
  }
}
