import type { Fault, FaultTable } from '../faults.ts';
import { single } from './shared.ts';

/** Sections 3.8 and 5.9: what the provider asks of request objects. */
export const requestObjectFaults: FaultTable = {
  'JAR-01': single({ ...algorithms('RS256'), policy: { requestObjects: 'required' } }),
  'JAR-02': single({
    ...algorithms('none'),
    policy: { requestObjects: 'required', unsignedRequestObjects: true },
  }),
  'JAR-03': single({ policy: { requestObjects: 'required' } }),
  'JAR-04': single({
    metadata: (metadata) => {
      metadata['require_signed_request_object'] = true;
    },
    policy: { requestObjects: 'required' },
  }),
  'JR-01': {
    required: {
      metadata: (metadata) => {
        metadata['require_signed_request_object'] = true;
      },
      policy: { requestObjects: 'required' },
    },
    unlisted: algorithms('ES512'),
  },
  'JR-03': single({ policy: { requestObjects: 'required' } }),
};

function algorithms(...names: string[]): Fault {
  return {
    metadata: (metadata) => {
      metadata['request_object_signing_alg_values_supported'] = names;
    },
  };
}
