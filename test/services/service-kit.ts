import {
  createServiceTokens,
  type ServiceTokenEvent,
  type ServiceTokens,
  type ServiceTokensOptions,
} from '../../src/index.ts';
import {
  issuer,
  type ScriptedClientOptions,
  scriptedProvider,
} from '../support/scripted-provider.ts';
import { json, type Responder } from '../support/scripted-web.ts';
import { quiet } from '../support/turns.ts';

export const tokenEndpoint = `${issuer}/token`;
export const second = 1_000;
/** How long access tokens live here, in milliseconds. */
export const lifetime = 600 * second;
/** When a token is due at the earliest and at the latest, in milliseconds of its life. */
export const due = { earliest: lifetime - 60 * second, latest: lifetime - 30 * second };

export interface ServiceOptions extends Partial<Omit<ServiceTokensOptions, 'client'>> {
  readonly client?: ScriptedClientOptions;
}

/** One process with its tokens. */
export interface Service {
  readonly tokens: ServiceTokens;
  readonly events: readonly ServiceTokenEvent[];
  /** How many events there were of a type. */
  told(type: ServiceTokenEvent['type']): number;
}

/** A provider whose tokens are called `token-1`, `token-2` and so on, and processes that want them. */
export function serviceKit() {
  const op = scriptedProvider();
  let issued = 0;

  /** What a correct provider answers, with the members that a test wants otherwise. */
  const grant = (members: Record<string, unknown> = {}) => {
    issued += 1;
    return json({
      access_token: `token-${issued}`,
      token_type: 'Bearer',
      expires_in: lifetime / 1000,
      ...members,
    });
  };
  op.web.on(tokenEndpoint, () => grant());

  return {
    op,
    clock: op.clock,
    grant,
    /** The provider answers so until it is told otherwise. */
    answer: (responder: Responder) => op.web.on(tokenEndpoint, responder),
    /** How many requests for tokens there were. */
    requests: () => op.web.count(tokenEndpoint),
    service({ client, ...options }: ServiceOptions = {}): Service {
      const events: ServiceTokenEvent[] = [];
      const tokens = createServiceTokens({
        client: op.client(client),
        // Halfway between the earliest and the latest moment.
        random: () => 0.5,
        metrics: (event) => events.push(event),
        ...options,
      });
      const told = (type: ServiceTokenEvent['type']) =>
        events.filter((event) => event.type === type).length;
      return { tokens, events, told };
    },
    /** Lets time pass, and all that follows from it happen. */
    async pass(ms: number) {
      op.clock.advance(ms);
      await quiet();
    },
  };
}

export type ServiceKit = ReturnType<typeof serviceKit>;

/** An answer that says that the provider is out of order. */
export const outage = (headers: Record<string, string> = {}) =>
  json({ error: 'temporarily_unavailable' }, 503, headers);
