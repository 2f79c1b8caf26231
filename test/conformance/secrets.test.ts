import { conform } from './kit/conform.ts';
import { secrets } from './tables/secrets.ts';

conform('Secrets', secrets);
