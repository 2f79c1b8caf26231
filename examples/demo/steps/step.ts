import type { TraceEvent } from 'relier';
import type { World } from '../world.ts';

export interface Step {
  readonly title: string;
  readonly story: string;
  run(world: World, transcript: Teller): Promise<void>;
}

export interface Teller {
  say(label: string, text: string): void;
  trace(event: TraceEvent): void;
}
