import { conform } from './kit/conform.ts';
import { redirects } from './tables/redirects.ts';

conform('Redirects', redirects);
