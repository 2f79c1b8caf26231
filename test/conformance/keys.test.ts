import { conform } from './kit/conform.ts';
import { keys } from './tables/keys.ts';

conform('Signatures, keys and encryption', keys);
