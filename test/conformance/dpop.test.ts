import { conform } from './kit/conform.ts';
import { dpopTable } from './tables/dpop.ts';

conform('Proof of possession', dpopTable);
