import { conform } from './kit/conform.ts';
import { frontChannel } from './tables/front-channel.ts';

conform('The authorization response', frontChannel);
