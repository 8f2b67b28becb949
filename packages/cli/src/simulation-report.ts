// How the answers of the simulator look, to people and as JSON. Pure: values in, text out.

import type { Answer, Failure, NodeSetup, ReplayedDeed, RouterAnswer, Spread } from '@baton/simulator';
import { printable } from './output.js';

/** How much is shown. */
export interface AnswerStyle {
  readonly phases: number;
  /** Every line of the timeline, not only the first ones. */
  readonly showsTrace: boolean;
}

/** Lines of a timeline when not all are wanted. */
const TIMELINE_LINES = 12;

/** What is simulated: one line for each router of each node, and the addresses that were made up for it. */
export function formatNodes(nodes: readonly NodeSetup[]): readonly string[] {
  return nodes.flatMap(({ name, routers, interfaces }) => routers.map((router) => {
    const [{ interface: place, vrid, version, priority, advertIntervalMs }] = router.families;
    const addresses = interfaces.find((each) => each.name === place)?.addresses ?? [];
    const from = addresses.map(({ address }) => address).join(', ');
    return printable(`${name}  ${router.name} on ${place} from ${from}: VRID ${String(vrid)}, `
      + `version ${String(version)}, priority ${String(priority)}, every ${seconds(advertIntervalMs)}`);
  }));
}

/** The answer to one question. */
export function formatAnswer(failure: Failure, answer: Answer, style: AnswerStyle): readonly string[] {
  const shown = style.showsTrace ? answer.timeline : answer.timeline.slice(0, TIMELINE_LINES);
  const hidden = answer.timeline.length - shown.length;
  return [
    printable(`${failure.text}, at ${String(style.phases)} moments between two advertisements`),
    ...answer.routers.flatMap((router) => formatRouter(router, answer.watchedMs)),
    ...shown.map(({ atMs, node, what }) =>
      printable(`  ${seconds(atMs).padStart(10)}  ${node === undefined ? '' : `${node} `}${what}`)),
    ...(hidden > 0 ? [`  ${String(hidden)} more lines with --trace`] : []),
  ];
}

/** Something that an engine did in a recording, on one line. */
export function formatDeed(deed: ReplayedDeed): string {
  const at = deed.at.toFixed(3).padStart(14);
  switch (deed.kind) {
    case 'sent': return printable(`${at} sends ${deed.payload} from ${deed.source}`);
    case 'claimed': return printable(`${at} claims ${deed.address}`);
    case 'renewed': return printable(`${at} renews ${deed.address}`);
    case 'released': return printable(`${at} releases ${deed.address}`);
    case 'announced': return printable(`${at} announces ${deed.addresses.join(' ')} x${String(deed.count)}`);
    case 'told': return printable(`${at} says ${JSON.stringify(deed.message)}`);
  }
}

/** Everything as one document; snake_case, fields are only ever added. */
export function toJson(
  nodes: readonly NodeSetup[], answers: readonly { readonly failure: Failure; readonly answer: Answer }[],
  { phases, seed }: { readonly phases: number; readonly seed: number },
): object {
  return {
    nodes: nodes.map(({ name }) => name), phases, seed,
    failures: answers.map(({ failure, answer }) => ({
      failure: failure.text,
      watched_ms: answer.watchedMs,
      routers: answer.routers.map((router) => ({
        router: router.router,
        master_before: router.masterBefore ?? null,
        master_after: router.masterAfter ?? null,
        outage_ms: router.outage,
        ends: router.outage.max < answer.watchedMs,
        several_masters_ms: router.severalMasters,
      })),
      timeline: answer.timeline.map(({ atMs, node, what }) => ({ at_ms: atMs, node: node ?? null, what })),
    })),
  };
}

function formatRouter(router: RouterAnswer, watchedMs: number): readonly string[] {
  const { masterBefore, masterAfter, outage, severalMasters } = router;
  const move = `${masterBefore ?? 'nobody alone'} -> ${masterAfter ?? 'nobody alone'}`;
  return [
    printable(`  ${router.router}  ${move}`),
    outage.max === 0 ? '    no outage' : `    no master       ${formatSpread(outage, watchedMs)}`,
    ...(severalMasters.max === 0 ? [] : [`    several masters ${formatSpread(severalMasters, watchedMs)}`]),
  ];
}

function formatSpread({ min, median, max }: Spread, watchedMs: number): string {
  if (min >= watchedMs) return `for ever (watched for ${seconds(watchedMs)})`;
  const end = max >= watchedMs ? `for ever (watched for ${seconds(watchedMs)})` : seconds(max);
  return `min ${seconds(min)}  median ${seconds(median)}  max ${end}`;
}

/** `1.234 s`, or `0.2 ms` where that would show nothing. */
function seconds(ms: number): string {
  return ms > 0 && ms < 10 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(3)} s`;
}
