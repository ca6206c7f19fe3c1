/** LIST.md is the list of what the suite follows. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

test('LIST.md names the files that the suite follows, and no others', () => {
  const list = readFileSync(join(__dirname, 'LIST.md'), 'utf8');
  const followed = list.slice(list.indexOf('## Followed'), list.indexOf('## Not followed'));
  const named = [...followed.matchAll(/^\| `([^`]+)` \|/gm)].map(([, file]) => file);
  const written = readdirSync(__dirname)
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(join(__dirname, file), 'utf8').matchAll(/^describe\('([^']+)'/gm)])
    .map(([, file]) => file);
  expect(written.length).toBeGreaterThan(30);
  expect(named.sort()).toEqual(written.sort());
});
