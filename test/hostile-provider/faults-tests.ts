import { describe } from 'vitest';
import { testChanges } from './run-changes.ts';

describe('a switch changes what its row says and nothing else', () => {
  testChanges('documents', new Set(['documents']));
  testChanges('id-token', new Set(['documents', 'front', 'login']));
  testChanges('front-channel');
  testChanges('endpoints');
});
