import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Interaction, Provider } from 'oidc-provider';
import type { Account } from './accounts.ts';
import { consentPage, noticePage, signInPage } from './pages.ts';
import { askedAcrValues } from './step-up.ts';

/** Shows the sign-in and consent pages and tells oidc-provider what the person decided. */
export function interactions(
  provider: Provider,
  accounts: readonly Account[],
  acrOf: (asked: readonly string[]) => string | undefined,
): RequestListener {
  return async (request, response) => {
    try {
      const interaction = await provider.interactionDetails(request, response);
      if (request.url?.endsWith('?cancel')) {
        await finish(request, response, {
          error: 'access_denied',
          error_description: 'The person said no',
        });
      } else if (request.method === 'POST') {
        await answer(interaction, request, response);
      } else {
        show(response, 200, await page(interaction));
      }
    } catch {
      show(response, 400, noticePage('Too late', 'This sign-in is over. Please start again.'));
    }
  };

  async function page(interaction: Interaction, error?: string): Promise<string> {
    const client = await provider.Client.find(interaction.params.client_id ?? '');
    const clientName = client?.clientName ?? client?.clientId ?? 'an application';
    if (interaction.prompt.name === 'consent') {
      return consentPage({ clientName, scopes: missingScopes(interaction) });
    }
    const hint = accounts.map((a) => `${a.username}, password “${a.password}”`).join(', or ');
    const isAgain = interaction.session?.accountId !== undefined;
    return signInPage({ clientName, isAgain, hint: `Use ${hint}.`, ...(error && { error }) });
  }

  async function answer(
    interaction: Interaction,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    if (interaction.prompt.name === 'consent') {
      return finish(request, response, { consent: { grantId: await allow(interaction) } });
    }
    const form = new URLSearchParams(await text(request));
    const account = accounts.find(({ username }) => username === form.get('username'));
    if (!account || account.password !== form.get('password')) {
      return show(response, 401, await page(interaction, 'That is not the right password.'));
    }
    const asked = askedAcrValues(interaction.params);
    const acr = asked.length > 0 ? acrOf(asked) : undefined;
    return finish(request, response, { login: { accountId: account.username, acr } });
  }

  async function allow({ grantId, params, prompt, session }: Interaction): Promise<string> {
    const known = grantId ? await provider.Grant.find(grantId) : undefined;
    const grant =
      known ??
      new provider.Grant({
        accountId: session?.accountId ?? '',
        clientId: params.client_id ?? '',
      });
    const { missingOIDCScope, missingOIDCClaims, missingResourceScopes } = prompt.details;
    if (missingOIDCScope) grant.addOIDCScope(missingOIDCScope.join(' '));
    if (missingOIDCClaims) grant.addOIDCClaims(missingOIDCClaims);
    for (const [resource, scopes] of Object.entries(missingResourceScopes ?? {})) {
      grant.addResourceScope(resource, scopes.join(' '));
    }
    return grant.save();
  }

  function finish(
    request: IncomingMessage,
    response: ServerResponse,
    result: Record<string, unknown>,
  ): Promise<void> {
    return provider.interactionFinished(request, response, result, {
      mergeWithLastSubmission: 'consent' in result,
    });
  }
}

function missingScopes({ prompt }: Interaction): string[] {
  const { missingOIDCScope = [], missingResourceScopes = {} } = prompt.details;
  return [...new Set([...missingOIDCScope, ...Object.values(missingResourceScopes).flat()])];
}

function show(response: ServerResponse, status: number, html: string): void {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'",
  });
  response.end(html);
}
