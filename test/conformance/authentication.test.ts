import { conform } from './kit/conform.ts';
import { authentication } from './tables/authentication.ts';

conform('Client authentication', authentication);
