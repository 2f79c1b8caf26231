import { conform } from './kit/conform.ts';
import { nativeTable } from './tables/native.ts';

conform('Native applications', nativeTable);
