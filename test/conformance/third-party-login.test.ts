import { conform } from './kit/conform.ts';
import { thirdPartyLogin } from './tables/third-party-login.ts';

conform('Sign-ins that a third party starts', thirdPartyLogin);
