import { describe, expect, it } from 'vitest';
import {
  apiToken,
  type ClaimInput,
  createManagementClient,
  ensureClaim,
  ensureScope,
  type ManagementClient,
} from '../../src/management/index.ts';
import { createWeb, json } from '../support/scripted-web.ts';
import { orgAndClient, rejection } from './kit.ts';

const department: ClaimInput = {
  name: 'department',
  claimType: 'RESOURCE',
  valueType: 'EXPRESSION',
  value: 'user.department',
  conditions: { scopes: ['profile', 'email'] },
};

describe('ensureScope', () => {
  it('makes what is missing, changes what differs, and leaves alone what is right', async () => {
    const { client, okta } = await orgAndClient();
    const ensure = (more: object = {}) =>
      ensureScope(client, 'default', { name: 'reports:read', consent: 'REQUIRED', ...more });

    expect(await ensure()).toMatchObject({ outcome: 'created', value: { consent: 'REQUIRED' } });
    const before = okta.requests.length;
    expect(await ensure()).toMatchObject({ outcome: 'unchanged' });
    expect(okta.requests.slice(before).map(({ method }) => method)).toEqual(['GET']);
    expect(await ensure({ description: 'All reports' })).toMatchObject({
      outcome: 'replaced',
      value: { description: 'All reports', consent: 'REQUIRED' },
    });
    expect(await ensure()).toMatchObject({
      outcome: 'unchanged',
      value: { description: 'All reports' },
    });
    expect(okta.violations).toEqual([]);
  });

  it('tells names apart to the letter, on whatever page they are', async () => {
    const { client, okta } = await orgAndClient();
    await ensureScope(client, 'default', { name: 'reports:read' });

    expect(await ensureScope(client, 'default', { name: 'reports:readonly' })).toMatchObject({
      outcome: 'created',
    });
    okta.faults.emptyMiddlePage = true;
    expect(await ensureScope(client, 'default', { name: 'reports:readonly' })).toMatchObject({
      outcome: 'unchanged',
    });
  });

  it('keeps what it was not asked to change', async () => {
    const { client, okta } = await orgAndClient();
    okta.faults.futureProperty = true;
    const { value } = await ensureScope(client, 'default', { name: 'a', displayName: 'A' });
    const { value: changed } = await ensureScope(client, 'default', { name: 'a', optional: true });

    expect(changed).toMatchObject({ ...value, optional: true });
  });

  it('takes undefined for not given', async () => {
    const { client } = await orgAndClient();
    await ensureScope(client, 'default', { name: 'a', description: 'An A' });
    const given = { name: 'a', description: undefined, displayName: 'A' };

    expect(await ensureScope(client, 'default', given)).toMatchObject({
      outcome: 'replaced',
      value: { description: 'An A', displayName: 'A' },
    });
  });

  it('takes null for what Okta leaves out', async () => {
    const url = 'https://org.example/api/v1/authorizationServers/default/scopes';
    const web = createWeb({ [url]: () => json([{ id: 's', name: 'a' }]) });
    const client = createManagementClient({
      orgUrl: 'https://org.example',
      auth: apiToken('token'),
      fetch: web.fetch,
    });

    expect(await ensureScope(client, 'default', { name: 'a', description: null })).toMatchObject({
      outcome: 'unchanged',
    });
  });

  it('changes the scope as it is, though the list lags behind', async () => {
    const { client } = await orgAndClient();
    const { scopes } = client.authorizationServers;
    const old = await scopes.create('default', { name: 'a', displayName: 'Old' });
    await scopes.replace('default', old.id, { ...old, displayName: 'New' });
    const lagging: ManagementClient = {
      ...client,
      authorizationServers: {
        ...client.authorizationServers,
        scopes: {
          ...scopes,
          list: () => ({
            ...scopes.list('default'),
            async *[Symbol.asyncIterator]() {
              yield old;
            },
          }),
        },
      },
    };

    expect(await ensureScope(lagging, 'default', { name: 'a', optional: true })).toMatchObject({
      outcome: 'replaced',
      value: { displayName: 'New', optional: true },
    });
    expect(await ensureScope(lagging, 'default', { name: 'a', displayName: 'New' })).toMatchObject({
      outcome: 'unchanged',
      value: { displayName: 'New' },
    });
  });

  it('refuses what has no name, before anything is sent', async () => {
    const { client, okta } = await orgAndClient();

    expect(await rejection(ensureScope(client, 'default', {} as never))).toMatchObject({
      option: 'name',
    });
    expect(await rejection(ensureClaim(client, 'default', null as never))).toMatchObject({
      option: 'claim',
    });
    expect(okta.requests).toEqual([]);
  });
});

describe('ensureClaim', () => {
  it('makes what is missing, changes what differs, and leaves alone what is right', async () => {
    const { client } = await orgAndClient();
    const ensure = (more: object = {}) =>
      ensureClaim(client, 'default', { ...department, ...more } as ClaimInput);

    expect(await ensure()).toMatchObject({ outcome: 'created' });
    expect(await ensure()).toMatchObject({ outcome: 'unchanged' });
    expect(await ensure({ conditions: { scopes: ['email', 'profile'] } })).toMatchObject({
      outcome: 'unchanged',
    });
    expect(await ensure({ conditions: { scopes: ['email'] } })).toMatchObject({
      outcome: 'replaced',
      value: { conditions: { scopes: ['email'] } },
    });
    expect(await ensure({ value: 'user.division' })).toMatchObject({ outcome: 'replaced' });
  });

  it('makes another kind of claim of one', async () => {
    const { client, okta } = await orgAndClient();
    const { name, claimType } = department;
    await ensureClaim(client, 'default', {
      ...{ name, claimType, valueType: 'GROUPS', value: 'dep-', group_filter_type: 'STARTS_WITH' },
    });

    const { outcome, value } = await ensureClaim(client, 'default', department);

    expect(outcome).toBe('replaced');
    expect(value).toMatchObject(department);
    expect(value['group_filter_type'] ?? null).toBeNull();
    expect(okta.violations).toEqual([]);
    expect(await ensureClaim(client, 'default', department)).toMatchObject({
      outcome: 'unchanged',
    });
  });

  it('has one for each kind of token', async () => {
    const { client } = await orgAndClient();
    await ensureClaim(client, 'default', department);

    expect(
      await ensureClaim(client, 'default', { ...department, claimType: 'IDENTITY' }),
    ).toMatchObject({ outcome: 'created' });
  });
});

describe('both', () => {
  /** A server with one claim, and what it is sent. */
  function serverWith(claim: object) {
    const sent: unknown[] = [];
    const client = createManagementClient({
      orgUrl: 'https://org.example',
      auth: apiToken('token'),
      async fetch(url, { body }) {
        if (body) sent.push(JSON.parse(`${body}`));
        return json(url.endsWith('/claims') ? [claim] : claim);
      },
    });
    return { client, sent };
  }

  it('keep what they were not asked to change, at every level', async () => {
    const conditions = { scopes: ['profile'], unless: ['nobody knows yet'] };
    const { client, sent } = serverWith({ ...department, id: 'c', conditions });
    await ensureClaim(client, 'default', {
      ...department,
      conditions: { scopes: ['email'], ...{ unless: undefined } },
    });

    expect(sent).toEqual([
      { ...department, id: 'c', conditions: { ...conditions, scopes: ['email'] } },
    ]);
  });

  it('take no list for what is wanted that has something else in it', async () => {
    const { client } = serverWith({ ...department, id: 'c' });
    const conditions = { scopes: ['profile', 'profile'] };

    expect(await ensureClaim(client, 'default', { ...department, conditions })).toMatchObject({
      outcome: 'replaced',
    });
  });

  it.each([[undefined], [{}], ['client']])('refuse %j for a client', async (wrong) => {
    const client = wrong as never;
    for (const work of [
      ensureScope(client, 'default', { name: 'a' }),
      ensureClaim(client, 'default', department),
    ]) {
      expect(await rejection(work)).toMatchObject({ code: 'invalid_option', option: 'client' });
    }
  });
});
