import { conform } from './kit/conform.ts';
import { logout } from './tables/logout.ts';

conform('Signing out', logout);
