// How the demo looks: a timeline line by line, and a table at the end. Pure: text in, text out; colours only when
// asked for.

/** Puts colour around text, or leaves it alone. */
export type Paint = (colour: 'bold' | 'dim' | 'green' | 'red' | 'yellow', text: string) => string;

/** One row of the final table. */
export interface DemoRow {
  readonly title: string;
  /** The longest time in which the client got no answer, ms. */
  readonly outageMs: number;
  /** What the protocol's arithmetic says it should be, already in words. */
  readonly theory: string;
  /** Names of those who answered the client, in order. */
  readonly owners: readonly string[];
  /** Names of those who answered "who has the address?" at the end of the step. */
  readonly answeringArp: readonly string[];
  /** True when the step ended as it has to. */
  readonly ok: boolean;
}

const ESCAPES = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const;

/** A paint that colours, or one that does not. */
export function choosePaint(colours: boolean): Paint {
  if (!colours) return (_colour, text) => text;
  return (colour, text) => `\u001b[${String(ESCAPES[colour])}m${text}\u001b[0m`;
}

/** One line of the timeline: seconds since the start, who, what. */
export function timelineLine(paint: Paint, elapsedMs: number, who: string, what: string): string {
  return `${paint('dim', `${(elapsedMs / 1000).toFixed(3).padStart(8)} s`)}  ${paint('bold', who.padEnd(6))}  ${what}`;
}

/** The final table. */
export function demoTable(paint: Paint, rows: readonly DemoRow[]): string {
  const head = ['case', 'outage', 'expected', 'answered by', 'ARP', ''];
  const body = rows.map((row) => [
    row.title, formatMs(row.outageMs), row.theory, row.owners.join(' → ') || '–', row.answeringArp.join(', ') || '–',
    row.ok ? 'ok' : 'FAILED',
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...body].map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string => `  ${cells.map((cell, column) =>
    column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)).join('   ').trimEnd()}`;
  const painted = rows.map((row, index) => {
    const text = line(body[index] ?? []);
    return row.ok ? text.replace(/ok$/, paint('green', 'ok')) : paint('red', text);
  });
  return [paint('bold', line(head)), ...painted].join('\n');
}

/** What can be said of steps that all ended as they have to: every one moved the address, and where more than one node
 *  still answered for it, that is said too. */
export function demoVerdict(rows: readonly DemoRow[]): string {
  const doubled = rows.filter((row) => row.answeringArp.length > 1).map((row) => row.title.trim());
  if (doubled.length === 0) return 'every step moved the address, and one node answers for it';
  return `every step moved the address; after "${doubled.join('" and "')}" two kernels answered ARP for it until Baton `
    + 'ran on both again, otherwise one';
}

/** Whether the client saw the address move: the first answer came from one node and the last one from the other. */
export function hasMoved(owners: readonly string[], from: string, to: string): boolean {
  return owners.length > 1 && owners[0] === from && owners.at(-1) === to;
}

/** Milliseconds as a reader wants them: tenths below 10 ms, whole numbers above. */
export function formatMs(durationMs: number): string {
  return `${durationMs < 10 ? durationMs.toFixed(1) : String(Math.round(durationMs))} ms`;
}
