import { OAuthResponseError } from '../../src/errors.ts';
import type { TokenSet } from '../../src/tokens/token-set.ts';
import type { Context } from './context.ts';
import type { Flight } from './flight.ts';
import { currentOf, type Family, type Grants, TOKEN_MARK, type User } from './grants.ts';
import type { Ledger } from './ledger.ts';
import type { Random } from './random.ts';

export interface ServerSettings {
  readonly accessSeconds: number;
  readonly idTokenSeconds: number;
  /** Some servers give no new refresh token now and then; the old one stays good. */
  readonly rotation: 'always' | 'mostly';
  /** How it says that a session is over; some have a word of their own for that. */
  readonly verdict: 'invalid_grant' | 'session_gone';
}

/** What the server answers, and what the answer says to whoever checks it. */
export interface ServerAnswer {
  readonly body: Readonly<Record<string, unknown>>;
}

/** What an ID token says; the model's are plain JSON behind the mark of a token. */
export interface IdTokenContent {
  readonly sub: string;
  readonly sid: string;
  readonly iat: number;
  readonly exp: number;
  readonly isForged?: boolean;
}

/** A server that rotates, and takes the second use of a refresh token for a theft. */
export interface Server {
  signIn(user: User, home: Context, obtainedAt: number): { tokens: TokenSet; family: Family };
  /** Takes a refresh token; throws the refusal. */
  refresh(flight: Flight, resource: string | undefined): ServerAnswer;
  revoke(refreshToken: string): void;
  /** An administrator ends every session of this family. */
  expel(family: Family): void;
  /** The next answer names another person, or is signed by somebody else. */
  spoilNextAnswer(how: 'sub' | 'signature' | undefined): void;
}

export interface ServerOptions {
  readonly grants: Grants;
  readonly settings: ServerSettings;
  readonly random: Random;
  readonly ledger: Ledger;
  /** The server's clock is always right: milliseconds since the start, and since the epoch. */
  readonly now: () => number;
  readonly wall: () => number;
  /** I2: a refresh token that was already taken. */
  readonly onReuse: (flight: Flight) => void;
}

export const SCOPE = 'openid offline_access';

export function createServer(options: ServerOptions): Server {
  const { grants, ledger, now, onReuse, random, settings, wall } = options;
  let spoiled: 'sub' | 'signature' | undefined;

  const idToken = (family: Family, extra: Partial<IdTokenContent> = {}): string => {
    const iat = Math.floor(wall() / 1000);
    const exp = iat + settings.idTokenSeconds;
    const content = { sub: family.user, sid: `s${family.number}`, iat, exp, ...extra };
    return `${TOKEN_MARK}i${JSON.stringify(content)}`;
  };

  const accessToken = (family: Family, resource?: string): string =>
    grants.accessToken(family, now() + settings.accessSeconds * 1000, resource).text;

  return {
    signIn(user, home, obtainedAt) {
      const family = grants.open(user, home);
      const refreshToken = grants.refreshToken(family).text;
      const text = idToken(family);
      const tokens: TokenSet = Object.freeze({
        accessToken: accessToken(family),
        tokenType: 'Bearer',
        obtainedAt,
        expiresAt: obtainedAt + settings.accessSeconds * 1000,
        scope: `${SCOPE} ${user}`,
        refreshToken,
        idToken: text,
        claims: claimsOf(text),
      });
      return { tokens, family };
    },
    refresh(flight, resource) {
      const { family } = flight.token;
      if (flight.token.spentBy) {
        onReuse(flight);
        family.isAlive = false;
      }
      if (!family.isAlive) throw refusal(settings.verdict);
      const isRotating = settings.rotation === 'always' || random() < 0.7;
      if (isRotating) {
        flight.token.spentBy = flight;
        flight.brought = grants.refreshToken(family);
        ledger.count('rotations');
      }
      const other = family.user === 'A' ? 'B' : 'A';
      const hasIdToken = spoiled !== undefined || random() < 0.6;
      const extra = spoiled === 'sub' ? { sub: other } : spoiled ? { isForged: true } : {};
      spoiled = undefined;
      return {
        body: {
          access_token: accessToken(family, resource),
          token_type: 'bearer',
          expires_in: settings.accessSeconds,
          scope: `${SCOPE} ${family.user}`,
          ...(isRotating && { refresh_token: currentOf(family).text }),
          ...(hasIdToken && { id_token: idToken(family, extra) }),
        },
      };
    },
    revoke(refreshToken) {
      const token = grants.findRefresh(refreshToken);
      if (token) token.family.isAlive = false;
    },
    expel(family) {
      ledger.note(() => `the server expels family ${family.number}`);
      family.isAlive = false;
    },
    spoilNextAnswer(how) {
      spoiled = how;
    },
  };
}

export function contentOf(idToken: string): IdTokenContent {
  return JSON.parse(idToken.slice(TOKEN_MARK.length + 1));
}

export function claimsOf(idToken: string) {
  const { sub, sid, iat, exp } = contentOf(idToken);
  return Object.freeze({ iss: 'https://server.example', aud: 'client', sub, sid, iat, exp });
}

function refusal(error: ServerSettings['verdict']): OAuthResponseError {
  return new OAuthResponseError(`The server answered ${error}.`, {
    phase: 'token',
    error,
    retryable: false,
    status: 400,
  });
}
