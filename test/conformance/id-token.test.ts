import { conform } from './kit/conform.ts';
import { idToken } from './tables/id-token.ts';

conform('Claims of the ID token', idToken);
