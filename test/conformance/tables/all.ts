import type { Table } from '../kit/case.ts';
import { authentication } from './authentication.ts';
import { dpopTable } from './dpop.ts';
import { flows } from './flows.ts';
import { frontChannel } from './front-channel.ts';
import { idToken } from './id-token.ts';
import { injection } from './injection.ts';
import { keys } from './keys.ts';
import { logout } from './logout.ts';
import { metadata } from './metadata.ts';
import { mixUp } from './mix-up.ts';
import { nativeTable } from './native.ts';
import { protection } from './protection.ts';
import { redirects } from './redirects.ts';
import { registration } from './registration.ts';
import { requests } from './requests.ts';
import { secrets } from './secrets.ts';
import { session } from './session.ts';
import { thirdPartyLogin } from './third-party-login.ts';
import { tokens } from './tokens.ts';

/** Every table, by the name of the test file that runs it. */
export const tables: Readonly<Record<string, Table>> = {
  authentication,
  dpop: dpopTable,
  flows,
  'front-channel': frontChannel,
  'id-token': idToken,
  injection,
  keys,
  logout,
  metadata,
  'mix-up': mixUp,
  native: nativeTable,
  protection,
  redirects,
  registration,
  requests,
  secrets,
  session,
  'third-party-login': thirdPartyLogin,
  tokens,
};
