import { it } from 'vitest';
import { shareOfRuns } from './share-of-runs.ts';

it('keeps every session, whatever happens (share 1)', () => shareOfRuns(0));
