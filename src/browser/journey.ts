import type { AuthorizationRequestOptions } from '../authorization/authorization-request.ts';
import type { PageResponse } from '../authorization/response-parameters.ts';
import type { Clock } from '../clock.ts';
import { invalidOption } from '../options.ts';
import { parseUrl } from '../secure-url.ts';
import type { SignInResult } from './sign-in-result.ts';

declare const result: unique symbol;
declare const kind: unique symbol;

/** A way to the provider and back: what `redirect()`, `popup()` and `silent()` return. */
export interface SignInMethod<Result> {
  /** What a sign-in on this way comes back with. */
  readonly [result]: Result;
}

/** A way that the person can see, so that it can be taken to sign out as well. */
export interface SignOutMethod {
  /** Tells this kind from the other. */
  readonly [kind]: 'visible';
}

/** A way that needs nobody's attention, so that it can renew tokens. */
export interface SilentMethod extends SignInMethod<SignInResult> {
  /** Tells this kind from the other. */
  readonly [kind]: 'silent';
}

/** What one journey is made with. */
export interface JourneyOptions {
  readonly clock: Clock;
  /** The option that says where the answer arrives, and what it says. */
  readonly answersAt: Readonly<Record<string, string | undefined>>;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** One way to the provider and back. */
export interface Journey {
  /** What the request has to say for this way. */
  readonly parameters?: Pick<AuthorizationRequestOptions, 'prompt' | 'responseMode'>;
  /** Sets out. Settles when the answer is there; with `null` if it will not arrive here. */
  go(url: URL, state: string): Promise<PageResponse | null>;
  /** Leaves nothing behind, however it ended. */
  end(): void;
}

/** What is inside of a sign-in method. */
export interface Way {
  /** The person sees nothing of it, and so cannot do anything. */
  readonly isSilent?: boolean;
  /** The answer arrives at another page, which has to find the transaction. */
  readonly isLeaving: boolean;
  /** Calls for a window first of all, in the same turn: browsers allow that only in a click. */
  begin(options: JourneyOptions): Journey | Promise<Journey>;
}

const ways = new WeakMap<object, Way>();

/** Hides a way from its owner. */
export function method<Method extends object>(way: Way): Method {
  const made = Object.freeze({});
  ways.set(made, way);
  return made as Method;
}

/** The inside of what the caller passed, if it is fit for that. */
export function wayOf(given: unknown, option: string, isFit = (_: Way) => true): Way {
  const way = ways.get(Object(given));
  if (!way || !isFit(way)) {
    throw invalidOption(option, 'must be what the function of that purpose returns');
  }
  return way;
}

/** A window can only answer to a page of its own origin. */
export function requireOwnOrigin({ answersAt }: JourneyOptions): void {
  for (const [option, uri] of Object.entries(answersAt)) {
    if (uri !== undefined && parseUrl(uri)?.origin !== location.origin) {
      throw invalidOption(option, "must be of this page's origin for a popup or a frame");
    }
  }
}
