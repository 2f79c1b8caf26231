// oidc-provider ships no types; these are the members that the demo uses.
declare module 'oidc-provider' {
  import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';

  export interface RegisteredClient {
    clientId: string;
    clientName?: string;
    redirectUris: string[];
    grantTypeAllowed(type: string): boolean;
  }

  export interface Parameters {
    acr_values?: string;
    client_id?: string;
    resource?: string;
    username?: string;
    password?: string;
    code_verifier?: string;
  }

  export interface Grant {
    addOIDCScope(scope: string): void;
    addOIDCClaims(claims: string[]): void;
    addResourceScope(resource: string, scope: string): void;
    getOIDCScopeFiltered(scopes: Iterable<string>): string;
    getResourceScopeFiltered(resource: string, scopes: Iterable<string>): string;
    save(): Promise<string>;
  }

  export interface Token {
    scope: string | undefined;
    resourceServer: ResourceServer;
    readonly aud: string | undefined;
    readonly expiration: number;
    readonly scopes: Set<string>;
    readonly tokenType: string;
    save(): Promise<string>;
  }

  export interface ResourceServer {
    readonly scopes: Set<string>;
  }

  export interface IdToken {
    scope: string;
    issue(options: { use: 'idtoken' }): Promise<string>;
  }

  export interface Context {
    host: string;
    type: string;
    status: number;
    body: unknown;
    oidc: {
      /** Which endpoint it is. */
      route: string;
      client: RegisteredClient;
      params: Parameters;
      requestParamScopes: Set<string>;
      /** How the person has signed in. */
      acr?: string;
      /** What the pages have found out. */
      result?: { login?: object };
      entities: { AuthorizationCode?: SignIn; RefreshToken?: SignIn };
      entity(name: string, value: unknown): void;
    };
  }

  /** What a code or a refresh token knows about how and when the person has signed in. */
  export interface SignIn {
    acr?: string;
    authTime?: number;
  }

  export interface Interaction {
    uid: string;
    grantId?: string;
    params: Parameters;
    session?: { accountId: string };
    prompt: {
      name: string;
      details: {
        missingOIDCScope?: string[];
        missingOIDCClaims?: string[];
        missingResourceScopes?: Record<string, string[]>;
      };
    };
  }

  export interface InteractionCheck {
    readonly reason: string;
  }

  export interface InteractionPolicy {
    get(prompt: 'login' | 'consent'): { checks: { add(check: InteractionCheck): void } };
  }

  export interface PolicyModule {
    base(): InteractionPolicy;
    Check: new (
      reason: string,
      description: string,
      error: string,
      needsPrompt: (context: Context) => boolean,
    ) => InteractionCheck;
  }

  export const interactionPolicy: PolicyModule;

  export class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>);
    readonly issuer: string;
    callback(): RequestListener;
    on(event: string, listener: (context: Context, answer: Record<string, unknown>) => void): void;
    registerGrantType(
      name: string,
      handler: (context: Context) => Promise<void>,
      parameters: readonly string[],
    ): void;
    registerResponseMode(
      name: string,
      handler: (context: Context, redirectUri: string, response: Record<string, string>) => void,
    ): void;
    interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<Interaction>;
    interactionFinished(
      request: IncomingMessage,
      response: ServerResponse,
      result: Record<string, unknown>,
      options: { mergeWithLastSubmission: boolean },
    ): Promise<void>;

    Client: { find(id: string): Promise<RegisteredClient | undefined> };
    Grant: {
      new (properties: { accountId: string; clientId: string }): Grant;
      find(id: string): Promise<Grant | undefined>;
    };
    AccessToken: new (
      properties: Record<string, unknown>,
    ) => Token;
    RefreshToken: new (
      properties: Record<string, unknown>,
    ) => Token;
    IdToken: new (
      claims: Record<string, unknown>,
      options: { ctx: Context },
    ) => IdToken;
    ResourceServer: new (
      identifier: string,
      info: Record<string, unknown>,
    ) => ResourceServer;
  }

  export const errors: {
    InvalidGrant: new (description: string) => Error;
    InvalidTarget: new () => Error;
    SessionNotFound: new (description: string) => Error;
  };
}
