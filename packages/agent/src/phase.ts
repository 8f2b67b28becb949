// Where an agent is in its life; agent.ts says how it gets from one to the next.

import type { Configuration } from '@baton/config';
import type { EngineMessage } from '@baton/engine/messages';
import type { Equipment } from './equipment.js';

/** One phase, with what exists in it. */
export type Phase =
  /** Messages wait until there is somebody to hear them. */
  | { readonly kind: 'loading'; readonly waiting: EngineMessage[]; readonly reloadWanted: boolean }
  | {
      readonly kind: 'starting'; readonly proposed: Configuration; readonly equipment: Equipment;
      readonly refused: string | undefined; readonly fallback: Configuration | undefined;
      readonly reloadWanted: boolean;
    }
  | {
      readonly kind: 'running'; readonly configuration: Configuration; readonly equipment: Equipment;
      /** Asked of the engine and not answered yet. */
      readonly proposed: Configuration | undefined;
      /** A reload was asked for meanwhile. */
      readonly reloadWanted: boolean;
    }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'ended' };
