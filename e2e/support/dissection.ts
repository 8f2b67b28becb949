// What tshark makes of a capture: a dissector that is nobody's codec here. Runs it with every checksum verified and
// gives its fields; judges nothing.

import { run } from '@baton/lab';

/** One packet: the wanted fields by tshark's names, '' where it has none; values of a repeated field are joined by
 *  commas. */
export type Dissected<Field extends string> = Readonly<Record<Field, string>>;

/** tshark's checksum status: 1 = good. */
export const GOOD_CHECKSUM = '1';

const SEPARATOR = '|';
const CHECKED = ['ip.check_checksum:TRUE', 'vrrp.v3_checksum_as_in_v2:FALSE'];

/** The fields of every packet of a file that a display filter lets through, in order. */
export async function dissect<Field extends string>(
  file: string,
  filter: string,
  fields: readonly Field[],
): Promise<readonly Dissected<Field>[]> {
  const options = [
    ...CHECKED.flatMap((preference) => ['-o', preference]),
    ...['-E', `separator=${SEPARATOR}`],
    ...fields.flatMap((field) => ['-e', field]),
  ];
  const text = await run(['tshark', '-n', '-r', file, '-Y', filter, '-T', 'fields', ...options]);
  const rows = text.split('\n').filter((line) => line !== '');
  return rows.map((row) => {
    const values = row.split(SEPARATOR);
    return Object.fromEntries(fields.map((field, index) => [field, values[index] ?? ''])) as Dissected<Field>;
  });
}

/** Different rows, each once, in the order of their first appearance. */
export function distinct<Row extends object>(rows: readonly Row[]): readonly Row[] {
  return [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()];
}
