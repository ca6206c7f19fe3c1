/** After fetch/api/headers of web-platform-tests: the class is the platform's, what is given and what comes back is ours. */

import type { FetchInit } from '../src/fetch/fetch';
import { header } from './support/server';
import { suite } from './support/suite';

const on = suite();

const sent = async (headers: FetchInit['headers']) => {
  on.gateway.respond('');
  await on.get({ headers });
  return on.gateway.only;
};

describe('headers/headers-basic.any.js', () => {
  const forms: [string, () => FetchInit['headers']][] = [
    [
      'a list',
      () => [
        ['name1', 'value1'],
        ['name2', 'value2'],
      ],
    ],
    ['a record', () => ({ name1: 'value1', name2: 'value2' })],
    ['Headers', () => new Headers({ name1: 'value1', name2: 'value2' })],
  ];

  test.each(forms)('%s of headers arrives', async (_, headers) => {
    const arrived = await sent(headers());
    expect([header(arrived, 'name1'), header(arrived, 'name2')]).toEqual(['value1', 'value2']);
  });

  test('the headers of an answer can be looked through', async () => {
    on.gateway.respond('', { 'X-One': '1', 'X-Two': '2' });
    const { headers } = await on.get();
    expect(headers).toBeInstanceOf(Headers);
    const ours = [...headers.entries()].filter(([name]) => name.startsWith('x-'));
    expect(ours).toEqual([
      ['x-one', '1'],
      ['x-two', '2'],
    ]);
    expect([headers.has('x-one'), headers.has('x-three'), headers.get('x-three')]).toEqual([true, false, null]);
  });
});

describe('headers/headers-casing.any.js', () => {
  test('the case of a name does not matter', async () => {
    on.gateway.respond('', { 'Content-LANGUAGE': 'de' });
    const { headers } = await on.get();
    for (const name of ['content-language', 'Content-Language', 'CONTENT-LANGUAGE'])
      expect(headers.get(name)).toBe('de');
  });
});

describe('headers/headers-errors.any.js', () => {
  test('a name that cannot be one is a TypeError, before anything is sent', async () => {
    on.gateway.respond('');
    await expect(on.get({ headers: { 'in valid': 'x' } })).rejects.toMatchObject({ name: 'TypeError' });
    expect(on.gateway.arrived).toEqual([]);
  });
});

describe('headers/header-setcookie.any.js', () => {
  test('every cookie that an answer sets is there', async () => {
    on.gateway.respond('', { 'Set-Cookie': ['a=1', 'b=2'] });
    const headers = (await on.get()).headers as Pick<Headers, 'get'> & { getSetCookie?: () => string[] };
    expect(headers.getSetCookie?.() ?? headers.get('set-cookie')?.split(', ')).toEqual(['a=1', 'b=2']);
  });
});
