import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isRelierError } from '../../src/index.ts';
import { apiToken, createManagementClient, ManagementError } from '../../src/management/index.ts';
import { nextLink } from '../../src/management/link-header.ts';
import { createWeb } from '../support/scripted-web.ts';
import { holds, outcomeOf, recordOf } from './property.ts';

const org = 'https://org.example';
const text = fc.string({ unit: 'binary', maxLength: 40 });

/** A token, or what has to be quoted, as a sender writes it. */
const value = fc.string({ unit: fc.constantFrom(...'ab ,;="\\<>\t') }).map((plain) => ({
  plain,
  written: `"${plain.replace(/["\\]/g, '\\$&')}"`,
}));
const space = fc.constantFrom('', ' ', '\t', ' \t ');
const link = fc.record({
  target: fc.webUrl({ withQueryParameters: true }).map((url) => url.replace(/[<>]/g, '')),
  relation: fc.constantFrom('next', 'self', 'prev', 'NEXT', 'prev next', 'nextish'),
  others: fc.array(fc.record({ name: fc.constantFrom('title', 'type', 'x'), value, space })),
  anchored: fc.boolean(),
  space,
});

it('the first link to the next page is found, however links are written', () =>
  holds('Link headers', 1500, fc.array(link, { maxLength: 5 }), async (links) => {
    const header = links
      .map(({ anchored, others, relation, space: gap, target }) => {
        const parameters = others.map(
          (other) => `;${other.space}${other.name}${other.space}=${gap}${other.value.written}`,
        );
        const anchor = anchored ? '; anchor="#part"' : '';
        return `<${target}>${parameters.join(gap)}${gap};${gap}rel="${relation}"${anchor}`;
      })
      .join(',');
    const expected = links.find(
      ({ anchored, relation }) => !anchored && /(?:^| )next$/i.test(relation),
    );
    expect(nextLink(header)).toBe(expected?.target);
    return expected !== undefined;
  }));

it('any Link header leads to a page of the same collection or to a typed error', () =>
  holds(
    'next pages',
    700,
    fc.oneof(
      text,
      fc.string({ unit: fc.constantFrom(...'<>;,="\\ ', 'rel', 'next', '/api', '?after=1', 'a') }),
      fc
        .tuple(fc.oneof(fc.webUrl(), fc.webPath(), fc.constant('?after=2'), text), fc.nat())
        .map(([target, number]) => `<${target}?after=${number}>; rel="next"`),
    ),
    async (header) => {
      const path = '/api/v1/authorizationServers/default/scopes';
      const asked: string[] = [];
      const client = createManagementClient({
        orgUrl: org,
        auth: apiToken('token'),
        async fetch(url) {
          asked.push(url);
          const headers = new Headers();
          try {
            if (asked.length === 1) headers.set('link', header);
          } catch {
            // No server can send that.
          }
          return new Response('[]', { headers });
        },
      });
      const { error } = await outcomeOf(() =>
        client.authorizationServers.scopes.list('default').toArray(),
      );
      if (error) expect(isRelierError(error)).toBe(true);
      for (const url of asked) {
        expect(new URL(url).origin).toBe(org);
        expect(new URL(url).pathname).toBe(path);
      }
      return asked.length > 1;
    },
  ));

it('any refusal makes a typed error that tells no secret', () =>
  holds(
    'error bodies',
    600,
    fc.record({
      body: fc.oneof(
        {
          weight: 5,
          arbitrary: recordOf({
            errorCode: 'E0000001',
            errorSummary: 'not valid: the-secret-of-a-client',
            errorLink: 'E0000001',
            errorId: 'the-token-of-an-admin',
            errorCauses: [{ errorSummary: 'the-secret-of-a-client' }],
            error: 'invalid_request',
            error_description: 'the-token-of-an-admin',
          }).map((body) => JSON.stringify(body)),
        },
        { weight: 1, arbitrary: text },
      ),
      status: fc.constantFrom(400, 401, 403, 404, 429, 500, 503),
      headers: fc.dictionary(
        fc.constantFrom(
          'www-authenticate',
          'retry-after',
          'x-rate-limit-limit',
          'x-rate-limit-remaining',
          'x-rate-limit-reset',
          'x-okta-request-id',
          'date',
        ),
        fc.oneof(
          fc.constantFrom('5', '0', '1795262400', 'DPoP error="the-secret-of-a-client"'),
          fc.string(),
        ),
      ),
    }),
    async ({ body, headers, status }) => {
      const url = `${org}/api/v1/apps/app/credentials/secrets`;
      const web = createWeb({ [url]: () => new Response(body, { status, headers }) });
      const client = createManagementClient({
        orgUrl: org,
        auth: apiToken('the-token-of-an-admin'),
        fetch: web.fetch,
        retry: false,
      });
      const { error } = await outcomeOf(() =>
        client.applications.secrets.create('app', { client_secret: 'the-secret-of-a-client' }),
      );
      expect(error).toBeInstanceOf(ManagementError);
      expect(error).toMatchObject({ status, code: 'management_error' });
      const shown = JSON.stringify(error) + (error as Error).stack;
      expect(shown).not.toMatch(/the-secret-of-a-client|the-token-of-an-admin/);
      return (error as ManagementError).errorCode === 'E0000001';
    },
  ));

it('any id is one segment of the path, or is refused', () =>
  holds(
    'ids',
    1000,
    fc.oneof(
      text,
      fc.string({ unit: fc.constantFrom('.', '/', '\\', '%2e', '%2f', '?', '#', '\n', 'a') }),
    ),
    async (id) => {
      const asked: string[] = [];
      const client = createManagementClient({
        orgUrl: org,
        auth: apiToken('token'),
        async fetch(url) {
          asked.push(url);
          return new Response('{}');
        },
      });
      const { error } = await outcomeOf(() =>
        client.authorizationServers.policies.rules.get('default', id, 'last'),
      );
      if (error) {
        expect(error).toMatchObject({ code: 'invalid_option', option: 'policyId' });
        expect(asked).toEqual([]);
        return false;
      }
      const { origin, pathname, search } = new URL(asked[0] as string);
      const [, ...segments] = pathname.split('/');
      expect([origin, search]).toEqual([org, '']);
      expect(segments).toHaveLength(8);
      expect(segments.at(-1)).toBe('last');
      expect(decodeURIComponent(segments[5] as string)).toBe(id);
      return true;
    },
  ));
