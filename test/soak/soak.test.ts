import { soak } from './soak.ts';

const seconds = Number(process.env['SOAK_SECONDS'] ?? (process.env['CI'] ? 15 : 60));

soak('processes that share a session, one of them killed each second', seconds);
