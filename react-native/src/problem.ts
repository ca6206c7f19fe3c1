/** Problem documents of gateways (RFC 9457). */

/** A longer document is not read. */
const LONGEST_DOCUMENT = 64 * 1024;
const LONGEST_NAME = 256;
const LONGEST_DETAIL = 1024;

/**
 * What a gateway says about an error: a problem document (RFC 9457), with its standard members. The texts are the gateway's. They are
 * in no message of an error.
 */
export interface Problem {
  /** A URI or a short name; `about:blank` if there is none. At most 256 characters. */
  readonly type: string;
  /** A short summary of the type, at most 256 characters. */
  readonly title: string | undefined;
  /** The status that the problem names, which should be that of the answer. */
  readonly status: number | undefined;
  /** What happened this time, at most 1024 characters. */
  readonly detail: string | undefined;
  /** A URI of this occurrence, at most 256 characters. */
  readonly instance: string | undefined;
}

/** Reads the problem in an answer, if the content type says so and the body is a JSON object. */
export function readProblem(contentType: string | null, text: string): Problem | undefined {
  const essence = contentType?.split(';')[0]?.trim().toLowerCase();
  if (essence !== 'application/problem+json' || text.length > LONGEST_DOCUMENT) return undefined;
  const members = parsed(text);
  if (!members) return undefined;
  const member = (name: string, longest: number) => {
    const value = members[name];
    return typeof value === 'string' ? Array.from(value).slice(0, longest).join('') : undefined;
  };
  const { status } = members;
  return Object.freeze({
    type: member('type', LONGEST_NAME) ?? 'about:blank',
    title: member('title', LONGEST_NAME),
    status: Number.isInteger(status) ? (status as number) : undefined,
    detail: member('detail', LONGEST_DETAIL),
    instance: member('instance', LONGEST_NAME),
  });
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
