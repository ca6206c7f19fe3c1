/** Finds a legacy session, which one of Appwrite's own SDKs stored on the device: in cookie lines, or in JSON that contains some. */

import { blobOf, cookieName, readBlob } from '../world/credential';

interface Cookie {
  name: string;
  value: string;
}

/** The credential of that project in `legacy`, if there is one. */
export function findLegacy(legacy: string, project: string): string | undefined {
  const cookies = readAny(legacy);
  const name = cookieName(project);
  const found = [name, `${name}_legacy`]
    .flatMap((wanted) => cookies.filter((cookie) => cookie.name.toLowerCase() === wanted).reverse())
    .map(({ value }) => readBlob(decoded(value)))
    .find((proof) => proof !== undefined);
  return found && blobOf(found.userId, found.secret);
}

function readAny(legacy: string): Cookie[] {
  let json: unknown;
  try {
    json = JSON.parse(legacy);
  } catch {
    return readLines(legacy);
  }
  return readJson(json);
}

function readJson(json: unknown): Cookie[] {
  if (typeof json === 'string') {
    return readLines(json);
  }
  if (Array.isArray(json)) {
    return json.flatMap(readJson);
  }
  if (typeof json !== 'object' || json === null) {
    return [];
  }
  const { name, value } = json as Record<string, unknown>;
  const pair = typeof name === 'string' && typeof value === 'string' ? [{ name, value }] : [];
  const members = Object.entries(json).flatMap(([key, member]: [string, unknown]) => [
    ...(typeof member === 'string' ? [{ name: key, value: member }] : []),
    ...readJson(member),
  ]);
  return [...pair, ...members];
}

/** Reads attributes as cookies, too: no attribute has the name of a session cookie. */
function readLines(text: string): Cookie[] {
  return text.split('\n').flatMap((line) => {
    const pairs = line
      .split(';')
      .filter((pair) => pair.includes('='))
      .map((pair) => ({
        name: pair.slice(0, pair.indexOf('=')).trim(),
        value: pair.slice(pair.indexOf('=') + 1).trim(),
      }));
    return pairs.some(hasRunOut) ? [] : pairs;
  });
}

function hasRunOut({ name, value }: Cookie): boolean {
  switch (name.toLowerCase()) {
    case 'max-age':
      return Number(value) <= 0;
    case 'expires':
      return Date.parse(value.replace(/-/g, ' ')) <= Date.now();
    default:
      return false;
  }
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value.trim().replace(/^"|"$/g, ''));
  } catch {
    return '';
  }
}
