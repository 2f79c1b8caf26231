import { faultTable, variantsOf } from './faults.ts';
import { specificationRows } from './rows-specifications.ts';
import { suiteRows } from './rows-suite.ts';

/**
 * How a row shows: `fault` has a switch, `request` is checked in every request, `honest` is what
 * the provider does anyway; the rest is decided elsewhere than at the provider.
 */
export type RowKind =
  | 'fault'
  | 'request'
  | 'honest'
  | 'client-only'
  | 'browser'
  | 'native'
  | 'service'
  | 'bff'
  | 'logout'
  | 'tls';

export interface Row {
  readonly id: string;
  /** Groups rows of one topic. */
  readonly section: string;
  readonly title: string;
  readonly kind: RowKind;
  /** Positions of the switch; absent when it has only one. */
  readonly variants?: readonly string[];
}

/** Every behaviour of a relying party that is held to account, by topic. */
export const rows: readonly Row[] = [...suiteRows, ...specificationRows].map(
  ([id, section, title, kind]) => {
    const variants = variantsOf(id);
    return {
      id,
      section,
      title,
      kind: faultTable[id] ? 'fault' : kind,
      ...(variants.length > 0 ? { variants } : {}),
    };
  },
);
