import { type Client, createSession, type Session, type SessionStore } from '../../src/index.ts';
import { publicClient } from '../support/openid-provider.ts';
import { asAda, localClient, signIn } from '../support/relying-party.ts';
import { observedFetch } from './child/observed.ts';
import { type StoreSettings, soakStore } from './soak-store.ts';

export const clientId = publicClient.client_id;

/** The parent's own handle on the session: it signs in, and never asks for a token. */
export interface Login {
  readonly session: Session;
  /** The key of the record in the store. */
  readonly key: string;
  signIn(): Promise<void>;
}

export function createLogin(issuer: string, settings: StoreSettings): Login {
  const observed = observedFetch(
    'parent',
    () => {},
    () => {},
  );
  const client: Client = localClient(issuer, { clientId, fetch: observed });
  const inner = soakStore(settings);
  let key = '';
  const store: SessionStore = {
    ...inner,
    write(to, value, expected) {
      key = to;
      return inner.write(to, value, expected);
    },
  };
  const session = createSession({ client, store });
  return {
    session,
    get key() {
      return key;
    },
    async signIn() {
      const options = { scope: 'openid profile offline_access', prompt: 'consent' };
      const { tokens } = await signIn(client, asAda, options);
      await session.establish(tokens);
    },
  };
}
