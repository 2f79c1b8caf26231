import { conform } from './kit/conform.ts';
import { tokens } from './tables/tokens.ts';

conform('Tokens', tokens);
