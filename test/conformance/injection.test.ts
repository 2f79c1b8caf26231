import { conform } from './kit/conform.ts';
import { injection } from './tables/injection.ts';

conform('Injection, replay and PKCE', injection);
