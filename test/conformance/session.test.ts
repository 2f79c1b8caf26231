import { conform } from './kit/conform.ts';
import { session } from './tables/session.ts';

conform('A session', session);
