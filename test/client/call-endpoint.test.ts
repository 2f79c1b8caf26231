import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  clientCredentialsGrant,
  clientSecretPost,
  createAuthorizationRequest,
  introspectToken,
  none,
  par,
  passwordGrant,
  revokeToken,
} from '../../src/index.ts';
import type { Anything } from '../support/refusals.ts';
import { failureOf } from '../support/relying-party.ts';
import { callback, issuer, scriptedProvider } from '../support/scripted-provider.ts';
import { defer, json } from '../support/scripted-web.ts';

describe('an authentication of the application', () => {
  it.each<[problem: string, authentication: Anything]>([
    ['was not called', none],
    ['was not called but is one with a secret', () => clientSecretPost],
    [
      'throws',
      () => {
        throw new Error('swordfish');
      },
    ],
    ['rejects', async () => Promise.reject(new Error('swordfish'))],
    ['rejects with nothing', async () => Promise.reject()],
    ['throws a text', () => Promise.reject('swordfish')],
  ])('that %s is a mistake in that option', async (_, authentication) => {
    const { client, web } = scriptedProvider();
    const made = client({ authentication, pushedAuthorization: par() });
    for (const work of [
      () => clientCredentialsGrant(made),
      () => introspectToken(made, 'token'),
      () => revokeToken(made, 'token'),
      () => createAuthorizationRequest(made, { redirectUri: callback }),
    ]) {
      const error = await failureOf(work);
      expect(error).toMatchObject({
        name: 'ConfigurationError',
        code: 'invalid_option',
        option: 'authentication',
        retryable: false,
      });
      expect(inspect(error)).not.toContain('swordfish');
    }
    expect(web.requests).toEqual([]);
  });

  it('that never ends is given up on by the caller', async () => {
    const { client, web } = scriptedProvider();
    const asked = defer();
    const made = client({
      authentication: () => {
        asked.resolve();
        return new Promise(() => {});
      },
    });
    const controller = new AbortController();
    const failure = failureOf(clientCredentialsGrant(made, { signal: controller.signal }));
    await asked.promise;
    controller.abort();
    expect((await failure).code).toBe('aborted');
    expect(web.requests).toEqual([]);
  });

  it('that takes its time is waited for', async () => {
    const { client, tokenRequests } = scriptedProvider();
    const authentication = async ({ body }: { body: URLSearchParams }) => {
      await Promise.resolve();
      body.set('client_secret', 'late');
    };
    await clientCredentialsGrant(client({ authentication }));
    expect(tokenRequests()[0]?.get('client_secret')).toBe('late');
  });
});

describe('a trace that throws', () => {
  it('changes neither success nor failure', async () => {
    const seen: string[] = [];
    const trace = ({ type }: { type: string }) => {
      seen.push(type);
      throw new Error('not mine to throw');
    };
    const { client, web } = scriptedProvider();
    const made = client({ trace });
    expect((await clientCredentialsGrant(made)).accessToken).toBe('access');
    web.on(`${issuer}/token`, () => json({ error: 'invalid_grant' }, 400));
    const work = passwordGrant(made, { username: 'ada', password: 'wrong' });
    expect(await failureOf(work)).toMatchObject({ error: 'invalid_grant' });
    expect(new Set(seen)).toEqual(new Set(['request', 'response', 'check']));
  });
});
