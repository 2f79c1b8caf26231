import { inspect } from 'node:util';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTransport, type TransportOptions } from '../../src/node/index.ts';
import { type Certificate, createAuthority } from '../support/certificates.ts';
import { failureOf } from '../support/relying-party.ts';

let ours: Certificate;
let other: Certificate;
beforeAll(async () => {
  const authority = await createAuthority();
  [ours, other] = await Promise.all([authority.issue('one.example'), authority.issue('two')]);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const pem = (label: string, content: string) =>
  `-----BEGIN ${label}-----\n${content}\n-----END ${label}-----\n`;

/** The mistake, and what of it must not be shown. */
type Mistake = readonly [what: string, options: () => unknown, option: string];

const mistakes: readonly Mistake[] = [
  ['no object', () => null, 'options'],
  ['a list', () => [], 'options'],
  ...['connectTimeoutMs', 'headersTimeoutMs', 'bodyTimeoutMs', 'keepAliveMs', 'timeoutMs'].flatMap(
    (option) =>
      [0, -1, Number.NaN, '10', -Infinity].map(
        (value): Mistake => [`${option} ${value}`, () => ({ [option]: value }), option],
      ),
  ),
  ['no end of a stage', () => ({ headersTimeoutMs: Infinity }), 'headersTimeoutMs'],
  ...[0, 1.5, -1, 70_000, '1', Infinity].map(
    (value): Mistake => [
      `maxConnections ${value}`,
      () => ({ maxConnections: value }),
      'maxConnections',
    ],
  ),
  ...[-1, 0.5, 11, Infinity, '1'].map(
    (value): Mistake => [`maxRetries ${value}`, () => ({ maxRetries: value }), 'maxRetries'],
  ),
  ['maxResponseBytes 0', () => ({ maxResponseBytes: 0 }), 'maxResponseBytes'],
  ['half a clock', () => ({ clock: { now: Date.now } }), 'clock'],
  ['no proxy that anybody knows', () => ({ proxy: 'system' }), 'proxy'],
  ['a proxy as text', () => ({ proxy: 'http://ada:secret@proxy.example' }), 'proxy'],
  ['a proxy without a URL', () => ({ proxy: {} }), 'proxy.url'],
  ['a proxy that is no URL', () => ({ proxy: { url: 'secret.example:3128' } }), 'proxy.url'],
  ['a proxy of another kind', () => ({ proxy: { url: 'socks5://secret.example' } }), 'proxy.url'],
  ['a proxy with a path', () => ({ proxy: { url: 'http://p.example/secret' } }), 'proxy.url'],
  ['a user without a password', () => ({ proxy: { url: 'http://secret@p.example' } }), 'proxy.url'],
  ['a password that is no URL', () => ({ proxy: { url: 'http://a:secret%@p.test' } }), 'proxy.url'],
  [
    'hosts in one text',
    () => ({ proxy: { url: 'http://p.example', noProxy: 'a,b' } }),
    'proxy.noProxy',
  ],
  [
    'two hosts in one',
    () => ({ proxy: { url: 'http://p.example', noProxy: ['a,b'] } }),
    'proxy.noProxy',
  ],
  [
    'a URL for a host',
    () => ({ proxy: { url: 'http://p.example', noProxy: ['https://a'] } }),
    'proxy.noProxy',
  ],
  ['no authority', () => ({ ca: [] }), 'ca'],
  ['an authority that is a file name', () => ({ ca: '/etc/secret/ca.pem' }), 'ca'],
  ['a damaged authority', () => ({ ca: pem('CERTIFICATE', 'secret') }), 'ca'],
  ['one good authority and a bad one', () => ({ ca: [ours.cert, 'secret'] }), 'ca'],
  ['a key for an authority', () => ({ ca: ours.key }), 'ca'],
  ['a certificate without a key', () => ({ certificate: { cert: ours.cert } }), 'certificate'],
  ['a key without a certificate', () => ({ certificate: { key: ours.key } }), 'certificate'],
  ['the certificate alone', () => ({ certificate: ours.cert }), 'certificate'],
  [
    "somebody else's key",
    () => ({ certificate: { cert: ours.cert, key: other.key } }),
    'certificate',
  ],
  [
    'a damaged key',
    () => ({ certificate: { cert: ours.cert, key: pem('PRIVATE KEY', 'secret') } }),
    'certificate',
  ],
  ['a damaged pfx', () => ({ certificate: { pfx: Buffer.from('secret') } }), 'certificate'],
  ['a pfx as text', () => ({ certificate: { pfx: 'secret' } }), 'certificate'],
  ['both kinds', () => ({ certificate: { pfx: Buffer.from('secret'), ...ours } }), 'certificate'],
  [
    'an empty passphrase',
    () => ({ certificate: { ...ours, passphrase: '' } }),
    'certificate.passphrase',
  ],
];

describe('an option that cannot work', () => {
  it.each(mistakes)('is noticed before there is a transport: %s', async (_, options, option) => {
    const error = await failureOf(() => createTransport(options() as TransportOptions) as never);
    expect(error).toMatchObject({ name: 'ConfigurationError', code: 'invalid_option', option });
    const shown = inspect(error, { depth: 9, showHidden: true });
    expect(shown).not.toContain('secret');
    expect(shown).not.toContain(ours.key.slice(40, 60));
  });

  it('is one of the environment, too, named as there', async () => {
    for (const value of ['socks5://secret', 'http://secret@proxy', 'http://p/secret', '::']) {
      vi.stubEnv('HTTPS_PROXY', value);
      const error = await failureOf(() => createTransport() as never);
      expect(error).toMatchObject({ code: 'invalid_option', option: 'HTTPS_PROXY' });
      expect(error.message).not.toContain('secret');
      expect(createTransport({ proxy: 'none' })).toHaveProperty('fetch');
    }
  });

  it('says what is wrong with a key as far as that is no secret', async () => {
    const certificate = { cert: ours.cert, key: other.key };
    expect((await failureOf(() => createTransport({ certificate }) as never)).message).toBe(
      'The option certificate cannot be used (ERR_OSSL_X509_KEY_VALUES_MISMATCH).',
    );
  });
});

it('what can work is taken, and shows nothing', () => {
  const transport = createTransport({
    proxy: { url: 'http://ada:secret@proxy.example:3128', noProxy: ['example', 'localhost:1'] },
    ca: Buffer.from(ours.cert),
    certificate: { cert: Buffer.from(ours.cert), key: Buffer.from(ours.key) },
    connectTimeoutMs: 0.5,
    timeoutMs: Infinity,
    maxResponseBytes: Infinity,
    keepAliveMs: 1e12,
  });
  expect(Object.isFrozen(transport)).toBe(true);
  expect(inspect(transport, { depth: 9, showHidden: true })).not.toMatch(/secret|PRIVATE/);
});
