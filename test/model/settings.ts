import type { ServerSettings } from './server.ts';

/** The kind of world that a run takes place in. */
export interface Settings extends ServerSettings {
  /** How many contexts there are to begin with, the first one signed in. */
  readonly contexts: number;
  readonly machines: number;
  /** How contexts learn of each other. */
  readonly signals: 'notifier' | 'watch' | 'both' | 'none';
  /** The usual time of one way to the store or the server. */
  readonly latencyMs: number;
  /**
   * Whether the store looks again before it lets an owner begin that was frozen just when the lock
   * became its own.
   */
  readonly areGrantsChecked: boolean;
}

/** What a hand-written run takes place in, unless it says otherwise. */
export const usualSettings: Settings = {
  contexts: 2,
  machines: 1,
  accessSeconds: 300,
  idTokenSeconds: 3600,
  rotation: 'always',
  verdict: 'invalid_grant',
  signals: 'both',
  latencyMs: 3,
  areGrantsChecked: true,
};
