import { conform } from './kit/conform.ts';
import { registration } from './tables/registration.ts';

conform('Registration', registration);
