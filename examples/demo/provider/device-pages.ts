import type { Context, RegisteredClient } from 'oidc-provider';
import { deviceCodePage, deviceConfirmPage, noticePage } from './pages.ts';

/** What somebody is shown who signs in for another device; `form` is oidc-provider's own. */
export const devicePages = {
  userCodeInputSource(context: Context, form: string, _out: unknown, error?: Error) {
    context.body = deviceCodePage(form, error && 'That is not a code that is waiting.');
  },
  userCodeConfirmSource(
    context: Context,
    form: string,
    { clientId, clientName = clientId }: RegisteredClient,
    _device: unknown,
    userCode: string,
  ) {
    context.body = deviceConfirmPage({ form, clientName, userCode });
  },
  successSource(context: Context) {
    context.body = noticePage('Signed in', 'You can close this window and go back to the device.');
  },
};
