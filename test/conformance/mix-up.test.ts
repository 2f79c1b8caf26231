import { conform } from './kit/conform.ts';
import { mixUp } from './tables/mix-up.ts';

conform('Mix-up', mixUp);
