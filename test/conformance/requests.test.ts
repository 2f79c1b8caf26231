import { conform } from './kit/conform.ts';
import { requests } from './tables/requests.ts';

conform('Requests of the client', requests);
