import { OAuthResponseError, ValidationError } from '../../src/errors.ts';
import type { Grant, RawAnswer, TokenSource } from '../../src/session/token-source.ts';
import type { TokenSet } from '../../src/tokens/token-set.ts';
import type { Context, Settle } from './context.ts';
import type { Flight } from './flight.ts';
import type { Grants, RefreshToken } from './grants.ts';
import type { Ledger } from './ledger.ts';
import { type Network, noAnswer, tooSlow } from './network.ts';
import type { FlightRules } from './rules/flights.ts';
import type { PaceRules } from './rules/pace.ts';
import type { RecordRules } from './rules/record.ts';
import { claimsOf, contentOf, type Server, type ServerAnswer } from './server.ts';
import type { Simulator } from './simulator.ts';

export interface TokenSourceOptions {
  readonly simulator: Simulator;
  readonly network: Network;
  readonly server: Server;
  readonly grants: Grants;
  readonly ledger: Ledger;
  readonly flights: FlightRules;
  readonly records: RecordRules;
  readonly pace: PaceRules;
}

export const REQUEST_MS = 10_000;
export const CLOCK_TOLERANCE_SECONDS = 30;

/** What stands in the place of the flows and of HTTP, for one context. */
export function createTokenSource(context: Context, options: TokenSourceOptions): TokenSource {
  const { flights, grants, ledger, network, pace, records, server, simulator } = options;

  /** Asks for keys, which a context mostly has already. */
  const keys = (answer: () => void, settle: Settle<never>) => {
    const isAsked = context.random() < 0.5 || network.areKeysDown;
    if (isAsked) pace.asked('keys');
    const isDown = isAsked && (network.areKeysDown || network.fault === 'offline');
    context.later(context.latency(), () => (isDown ? settle.reject(noAnswer()) : answer()));
  };

  const travel = (flight: Flight, resource: string | undefined, settle: Settle<ServerAnswer>) => {
    const { backMs, error, fate, thereMs } = network.journey(context);
    const end = simulator.after(REQUEST_MS, () => {
      flight.isInAir = false;
      context.deliver(() => fail(tooSlow()));
    });
    const land = () => {
      flight.isInAir = false;
      end();
    };
    const fail = (reason: unknown) => {
      if (flight.isDelivered) return;
      flight.isGivenUp = true;
      land();
      settle.reject(reason);
    };
    const refuse = (reason: unknown) => {
      if (flight.isGivenUp) return;
      flight.isDelivered = true;
      land();
      if (isVerdict(reason)) flight.token.isRefused = true;
      ledger.note(() => `${context.name} gets ${(reason as Error).message}`);
      settle.reject(reason);
    };
    const succeed = (answer: ServerAnswer) => {
      if (flight.isGivenUp) return;
      flight.isDelivered = true;
      land();
      ledger.note(() => `${context.name} gets ${flight.brought?.text ?? 'no new refresh token'}`);
      settle.resolve(answer);
    };
    const arrive = () => {
      const isLost = fate === 'lost on the way back';
      try {
        const answer = server.refresh(flight, resource);
        ledger.note(
          () =>
            `the server takes ${flight.token.text} of ${context.name}` +
            `${isLost ? ', the answer is lost' : ''}`,
        );
        context.later(backMs, () => (isLost ? fail(noAnswer()) : succeed(answer)));
      } catch (refusal) {
        context.later(backMs, () => (isLost ? fail(noAnswer()) : refuse(refusal)));
      }
    };

    if (fate === 'arrives' || fate === 'lost on the way back') {
      // A request that its sender's end has caught on the way may arrive or not.
      const survives = context.random() < 0.5;
      simulator.after(thereMs, () => {
        if (!context.isCrashed() || survives) arrive();
      });
    } else {
      context.later(thereMs + backMs, () => (fate === 'refused' ? refuse(error) : fail(error)));
    }
  };

  return {
    timeoutMs: REQUEST_MS,
    prepare: () => context.operation<void>((settle) => keys(() => settle.resolve(), settle)),
    refresh: (grant, target, beforeSend) =>
      context.operation<RawAnswer>((settle) => {
        // Credentials are made first, which takes its time.
        context.later(context.latency(), () => {
          try {
            beforeSend();
          } catch (error) {
            ledger.note(() => `${context.name} does not send after all`);
            settle.reject(error);
            return;
          }
          if (context.isCrashed()) return;
          const token = grants.findRefresh(grant.refreshToken ?? '') as RefreshToken;
          ledger.note(() => `${context.name} sends ${token.text}`);
          pace.asked('tokens');
          const sentAt = context.clock.now();
          travel(flights.sent(context, token), target.resource, {
            resolve: ({ body }) => settle.resolve({ body, sentAt }),
            reject: settle.reject,
          });
        });
      }),
    verify: (grant, target, answer) =>
      context.operation<TokenSet>((settle) => {
        keys(() => {
          try {
            const tokens = checked(context, grant, target.resource, answer);
            pace.succeeded();
            settle.resolve(tokens);
          } catch (error) {
            const { check } = error as ValidationError;
            ledger.note(() => `${context.name} finds ${check} wrong`);
            if (!/exp|iat/.test(check)) records.mismatched(grant.refreshToken as string, answer);
            settle.reject(error);
          }
        }, settle);
      }),
    revoke: (refreshToken) =>
      context.operation<void>((settle) => {
        ledger.note(() => `${context.name} revokes ${refreshToken}`);
        records.revoking(refreshToken, context);
        const { backMs, fate, thereMs } = network.journey(context);
        simulator.after(thereMs, () => {
          if (fate === 'arrives' || fate === 'lost on the way back') server.revoke(refreshToken);
        });
        context.later(thereMs + backMs, () =>
          fate === 'arrives' ? settle.resolve() : settle.reject(noAnswer()),
        );
      }),
  };
}

export function isVerdict(reason: unknown): boolean {
  const isRefusal = reason instanceof OAuthResponseError;
  return isRefusal && /^(?:invalid_grant|session_gone)$/.test(reason.error);
}

/** The checks of an answer, as far as they can fail for reasons that are not the server's malice. */
function checked(
  context: Context,
  grant: Grant,
  resource: string | undefined,
  { body, sentAt }: RawAnswer,
): TokenSet {
  const { access_token, expires_in, id_token, refresh_token, scope } = body as Record<
    string,
    string
  >;
  if (id_token !== undefined) {
    const { exp, iat, isForged, sub } = contentOf(id_token);
    const now = context.clock.now() / 1000;
    if (isForged) throw wrong('id_token.signature');
    if (sub !== grant.claims?.sub) throw wrong('id_token.renewed_sub');
    if (now > exp + CLOCK_TOLERANCE_SECONDS) throw wrong('id_token.exp');
    if (now < iat - CLOCK_TOLERANCE_SECONDS) throw wrong('id_token.iat');
  }
  const idToken = id_token ?? grant.idToken;
  const claims = id_token === undefined ? grant.claims : claimsOf(id_token);
  const refreshToken = refresh_token ?? grant.refreshToken;
  return Object.freeze({
    accessToken: access_token as string,
    tokenType: 'Bearer',
    obtainedAt: sentAt,
    expiresAt: sentAt + Number(expires_in) * 1000,
    scope: scope ?? grant.scope,
    ...(refreshToken && { refreshToken }),
    ...(idToken && { idToken }),
    ...(claims && { claims }),
    ...(resource && { resource }),
  });
}

function wrong(check: string): ValidationError {
  return new ValidationError(`The ID token failed ${check}.`, {
    code: 'invalid_id_token',
    phase: 'validation',
    retryable: false,
    check,
  });
}
