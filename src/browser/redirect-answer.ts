import { abortable } from '../abortable.ts';
import { visibleParameters } from '../authorization/response-parameters.ts';
import type { ClientContext } from '../client/create-client.ts';
import { withoutRetry } from '../errors.ts';
import { type AuthorizationResult, finishAuthorization } from '../flows/authorization-code.ts';
import { invalidOption } from '../options.ts';
import { parseUrl } from '../secure-url.ts';
import type { TransactionStore } from '../storage/transaction-store.ts';
import { answerParameters } from './relay.ts';

/**
 * Takes the answer to a sign-in by redirect out of an address, and out of the address bar before
 * anything else happens. `undefined`: there is none; `null`: somebody has used it before.
 */
export function redirectAnswer(
  context: ClientContext,
  pending: TransactionStore,
  redirectUri: string,
) {
  const own = new URL(redirectUri);

  return (address: string | URL, signal: AbortSignal) => {
    const url = parseUrl(address);
    if (!url) throw invalidOption('url', 'must be an absolute URL');
    const isHere = url.origin === own.origin && url.pathname === own.pathname;
    const parameters = isHere ? answerParameters(url) : undefined;
    // A return from a sign-out has a state, too.
    const names = ['code', 'error', 'response', 'id_token', 'access_token'];
    if (!parameters || !names.some((name) => parameters.has(name))) return undefined;
    if (url.href === location.href) history.replaceState(history.state, '', own);
    return abortable(() => finish(url, signal), signal, 'authorization');
  };

  async function finish(url: URL, signal: AbortSignal): Promise<AuthorizationResult | null> {
    let wasTaken = false;
    let isTaken = false;
    const take = async (state: string) => {
      const found = await pending.take(state);
      isTaken = !!found;
      wasTaken = !found && (await pending.wasTaken(state));
      return found;
    };
    try {
      return await finishAuthorization(context, take, visibleParameters(url), signal);
    } catch (error) {
      if (wasTaken) return null;
      // The provider's own word is about the next sign-in; all else is about this one, which is over.
      throw isTaken && !Object(error).error ? withoutRetry(error) : error;
    }
  }
}
