import { describe, expectTypeOf, it } from 'vitest';
import type {
  AuthorizationServer,
  AuthorizationServerInput,
  Claim,
  ClaimInput,
  ClientJwk,
  ClientJwkInput,
  ClientSecret,
  EncryptionJwk,
  GroupsClaimInput,
  Policy,
  PolicyInput,
  PolicyRule,
  PolicyRuleInput,
  RefreshToken,
  Scope,
  ScopeInput,
  ServerClient,
  ServerKey,
  SigningJwk,
} from '../../src/management/index.ts';

/** The names that a type lists, without the index signature that keeps it open. */
type Named<T> = keyof {
  [Name in keyof T as string extends Name ? never : Name]: T[Name];
};
/** The same of each member of a union, together. */
type NamedOfAny<T> = T extends unknown ? Named<T> : never;
/** What a type that is read lists beyond the description, because live answers have it. */
type Live<T, Extra extends string> = Exclude<T, Extra>;

describe('what is read', () => {
  it('has the members that the description has, and no others', () => {
    expectTypeOf<Live<Named<AuthorizationServer>, 'default'>>().toEqualTypeOf<
      | 'accessTokenEncryptedResponseAlgorithm'
      | 'audiences'
      | 'created'
      | 'credentials'
      | 'description'
      | 'id'
      | 'issuer'
      | 'issuerMode'
      | 'jwks'
      | 'jwks_uri'
      | 'lastUpdated'
      | 'name'
      | 'status'
      | '_links'
    >();
    expectTypeOf<Named<Policy>>().toEqualTypeOf<
      | 'id'
      | 'type'
      | 'name'
      | 'conditions'
      | 'description'
      | 'priority'
      | 'status'
      | 'system'
      | 'created'
      | 'lastUpdated'
      | '_links'
    >();
    expectTypeOf<Named<PolicyRule>>().toEqualTypeOf<
      | 'actions'
      | 'conditions'
      | 'created'
      | 'id'
      | 'lastUpdated'
      | 'name'
      | 'priority'
      | 'status'
      | 'system'
      | 'type'
      | '_links'
    >();
    expectTypeOf<Named<Scope>>().toEqualTypeOf<
      | 'consent'
      | 'default'
      | 'description'
      | 'displayName'
      | 'id'
      | 'metadataPublish'
      | 'name'
      | 'optional'
      | 'system'
      | '_links'
    >();
    expectTypeOf<NamedOfAny<Claim>>().toEqualTypeOf<
      | 'alwaysIncludeInToken'
      | 'claimType'
      | 'conditions'
      | 'group_filter_type'
      | 'id'
      | 'name'
      | 'status'
      | 'system'
      | 'value'
      | 'valueType'
      | '_links'
    >();
    expectTypeOf<Named<ServerKey>>().toEqualTypeOf<
      'alg' | 'e' | 'kid' | 'kty' | 'n' | 'status' | 'use' | '_links'
    >();
    expectTypeOf<Named<ServerClient>>().toEqualTypeOf<
      'client_id' | 'client_name' | 'client_uri' | 'logo_uri' | '_links'
    >();
    expectTypeOf<Named<RefreshToken>>().toEqualTypeOf<
      | 'clientId'
      | 'created'
      | 'expiresAt'
      | 'id'
      | 'issuer'
      | 'lastUpdated'
      | 'scopes'
      | 'status'
      | 'userId'
      | '_embedded'
      | '_links'
    >();
    expectTypeOf<Named<ClientSecret>>().toEqualTypeOf<
      'client_secret' | 'created' | 'id' | 'lastUpdated' | 'secret_hash' | 'status' | '_links'
    >();
    expectTypeOf<NamedOfAny<ClientJwk>>().toEqualTypeOf<
      | 'alg'
      | 'created'
      | 'crv'
      | 'e'
      | 'id'
      | 'kid'
      | 'kty'
      | 'lastUpdated'
      | 'n'
      | 'status'
      | 'use'
      | 'x'
      | 'y'
      | '_links'
    >();
  });

  it('is open to what no description knows', () => {
    expectTypeOf<Scope['brandNew']>().toEqualTypeOf<unknown>();
    expectTypeOf<Policy['brandNew']>().toEqualTypeOf<unknown>();
    expectTypeOf<ClientJwk['brandNew']>().toEqualTypeOf<unknown>();
  });

  it('may be null where live answers are', () => {
    expectTypeOf<null>().toExtend<Scope['description']>();
    expectTypeOf<null>().toExtend<AuthorizationServer['_links']>();
    expectTypeOf<null>().toExtend<ClientJwk['kid']>();
    expectTypeOf<null>().toExtend<ClientJwk['alg']>();
  });

  it('may be sent back as it is, and with changes', () => {
    expectTypeOf<AuthorizationServer>().toExtend<AuthorizationServerInput>();
    expectTypeOf<Policy>().toExtend<PolicyInput>();
    expectTypeOf<PolicyRule>().toExtend<PolicyRuleInput>();
    expectTypeOf<Scope>().toExtend<ScopeInput>();
    expectTypeOf<Claim>().toExtend<ClaimInput>();

    const rule = {} as PolicyRule;
    const changed: PolicyRuleInput = {
      ...rule,
      actions: { ...rule.actions, token: { accessTokenLifetimeMinutes: 30 } },
    };
    expectTypeOf(changed).toEqualTypeOf<PolicyRuleInput>();
  });
});

describe('what is sent', () => {
  it('has the values that the description lists', () => {
    expectTypeOf<NonNullable<ScopeInput['consent']>>().toEqualTypeOf<
      'FLEXIBLE' | 'IMPLICIT' | 'REQUIRED'
    >();
    expectTypeOf<NonNullable<ScopeInput['metadataPublish']>>().toEqualTypeOf<
      'ALL_CLIENTS' | 'NO_CLIENTS'
    >();
    expectTypeOf<ClaimInput['claimType']>().toEqualTypeOf<'IDENTITY' | 'RESOURCE'>();
    expectTypeOf<ClaimInput['valueType']>().toEqualTypeOf<'EXPRESSION' | 'GROUPS' | 'SYSTEM'>();
    expectTypeOf<GroupsClaimInput['group_filter_type']>().toEqualTypeOf<
      'CONTAINS' | 'EQUALS' | 'REGEX' | 'STARTS_WITH'
    >();
    expectTypeOf<NonNullable<PolicyInput['type']>>().toEqualTypeOf<'OAUTH_AUTHORIZATION_POLICY'>();
    expectTypeOf<NonNullable<PolicyRuleInput['type']>>().toEqualTypeOf<'RESOURCE_ACCESS'>();
    expectTypeOf<NonNullable<PolicyRuleInput['status']>>().toEqualTypeOf<'ACTIVE' | 'INACTIVE'>();
    expectTypeOf<
      NonNullable<AuthorizationServerInput['accessTokenEncryptedResponseAlgorithm']>
    >().toEqualTypeOf<'RSA-OAEP-256' | 'RSA-OAEP-384' | 'RSA-OAEP-512'>();
    expectTypeOf<RefreshToken['status']>().toEqualTypeOf<'ACTIVE' | 'REVOKED'>();
  });

  it('has what the description demands', () => {
    // @ts-expect-error a scope has a name
    const scope: ScopeInput = { description: 'no name' };
    // @ts-expect-error a rule has conditions
    const rule: PolicyRuleInput = { name: 'no conditions' };
    // @ts-expect-error groups are compared in some way
    const claim: ClaimInput = { name: 'g', claimType: 'RESOURCE', valueType: 'GROUPS', value: 'x' };
    // @ts-expect-error an elliptic curve has a name
    const key: ClientJwkInput = { kty: 'EC', x: 'x', y: 'y', use: 'sig', alg: 'ES256' };
    // @ts-expect-error an encryption key is RSA
    const other: ClientJwkInput = { kty: 'EC', crv: 'P-256', x: '', y: '', use: 'enc', alg: 'a' };
    expectTypeOf([scope, rule, claim, key, other]).toBeArray();
  });

  it('takes no misspelt name, but what Okta may come up with', () => {
    // @ts-expect-error a misspelt name
    const wrong: ScopeInput = { name: 'a', descripton: 'b' };
    const fresh: ScopeInput = { name: 'a', ...{ brandNew: true } };
    expectTypeOf([wrong, fresh]).toBeArray();
  });
});

describe('what comes in kinds', () => {
  it('is told apart by valueType', () => {
    const claim = {} as Claim;
    if (claim.valueType === 'GROUPS') {
      expectTypeOf(claim.group_filter_type).toExtend<string>();
      expectTypeOf(claim.value).toEqualTypeOf<string>();
    } else {
      expectTypeOf(claim.valueType).toEqualTypeOf<'EXPRESSION' | 'SYSTEM'>();
    }
  });

  it('is told apart by use and kty', () => {
    const key = {} as ClientJwk;
    if (key.use === 'enc') expectTypeOf(key).toEqualTypeOf<EncryptionJwk>();
    else expectTypeOf(key).toEqualTypeOf<SigningJwk>();
    if (key.kty === 'EC') expectTypeOf(key.crv).toEqualTypeOf<'P-256' | 'P-384' | 'P-521'>();
    else expectTypeOf(key.n).toEqualTypeOf<string>();
  });
});
