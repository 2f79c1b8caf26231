import { conform } from './kit/conform.ts';
import { protection } from './tables/protection.ts';

conform('Protected requests and responses', protection);
