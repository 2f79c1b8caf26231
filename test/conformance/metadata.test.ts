import { conform } from './kit/conform.ts';
import { metadata } from './tables/metadata.ts';

conform('Metadata', metadata);
