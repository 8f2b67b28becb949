// Decides which configuration an agent begins with: what the file says, or, when its engine already runs and the file
// cannot be used, what the engine accepted before. Pure.

import { formatFinding, formatPlace, type Configuration, type Finding, type LoadResult } from '@baton/config';

/** What to begin with, and what to tell about the file. Not ok: there is nothing to begin with. */
export type StartPlan =
  | {
      readonly ok: true;
      readonly configuration: Configuration;
      readonly findings: readonly Finding[];
      /** Why it is not what the file says; undefined when it is. */
      readonly refused: string | undefined;
      /** What to go back to when the engine refuses it. */
      readonly fallback: Configuration | undefined;
    }
  | { readonly ok: false; readonly findings: readonly Finding[] };

/** Chooses.
 *  @param accepted what the engine runs; undefined on the first start, when only the file counts */
export function planStart(loaded: LoadResult, accepted: Configuration | undefined): StartPlan {
  if (!loaded.ok) {
    const { findings } = loaded;
    if (accepted === undefined) return loaded;
    return { ok: true, configuration: accepted, findings, refused: summarize(findings), fallback: undefined };
  }
  const { configuration, warnings } = loaded;
  const refused = accepted === undefined ? undefined : fixedDifference(accepted, configuration);
  if (accepted === undefined || refused === undefined) {
    return { ok: true, configuration, findings: warnings, refused: undefined, fallback: accepted };
  }
  return { ok: true, configuration: accepted, findings: warnings, refused, fallback: undefined };
}

/** Why a configuration cannot follow another one in the same life of the engine; undefined when it can. */
export function fixedDifference(before: Configuration, after: Configuration): string | undefined {
  const fixed = [
    { key: 'node', differs: before.node !== after.node },
    { key: 'state_directory', differs: before.stateDirectory !== after.stateDirectory },
    { key: 'runtime_directory', differs: before.runtimeDirectory !== after.runtimeDirectory },
  ].find(({ differs }) => differs);
  if (fixed === undefined) return undefined;
  return `${formatPlace(after, fixed.key)}: error: ${fixed.key}: cannot change while the daemon runs; restart it`;
}

/** The findings of an invalid file in one line: the first one, and how many more. */
export function summarize(findings: readonly Finding[]): string {
  const [first] = findings;
  if (first === undefined) return 'the file is invalid';
  return `${formatFinding(first)}${findings.length === 1 ? '' : ` (and ${String(findings.length - 1)} more)`}`;
}
