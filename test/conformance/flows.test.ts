import { conform } from './kit/conform.ts';
import { flows } from './tables/flows.ts';

conform('Complete flows and userinfo', flows);
