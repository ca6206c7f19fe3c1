/** The README and the core of this repository, which the names here are compared with. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The repository. */
export const top = join(__dirname, '../../../..');

/** Its README. */
export const readme = readFileSync(join(top, 'README.md'), 'utf8');

/** The names in the first column of the first table after `heading`; `nth` counts the tables from 0. */
export function table(text: string, heading: string, nth = 0): string[] {
  const after = text.slice(text.indexOf(heading));
  const tables = after.match(/(?:^\|.*\n)+/gm) ?? [];
  return (tables[nth] ?? '')
    .split('\n')
    .map((row) => /^\| `(\w+)` \|/.exec(row)?.[1])
    .filter((name) => name !== undefined);
}

/** The texts that an enum of the core gives its variants in `as_str` or `name`. */
export function namesInCore(file: string, type: string): string[] {
  const source = readFileSync(join(top, file), 'utf8');
  const block = new RegExp(`^impl ${type} \\{([^]*?)^\\}`, 'm').exec(source)?.[1] ?? '';
  return [...block.matchAll(/=> "(\w+)"/g)].map(([, name]) => name ?? '');
}
