/** The network of the fake world: delivers requests, unless there is a fault for them. */

import type { Fault, Faults, OrderedFault } from './faults';
import type { HttpAnswer, HttpRequest } from './http';
import { json } from './http';
import type { Entry, Journal } from './journal';

/** A server. */
export interface Site {
  /** Its name in the journal. */
  readonly name: string;
  answer(request: HttpRequest): HttpAnswer | Promise<HttpAnswer>;
}

/** There is no complete answer. `kind` is the cause, or `aborted` if the sender gave up. `sent` says whether the request was sent. */
export class NetworkFailure extends Error {
  constructor(
    readonly kind: 'dns' | 'unreachable' | 'reset' | 'aborted',
    readonly sent: boolean,
  ) {
    super(`the network failed: ${kind}`);
  }
}

/** Delivers requests. */
export class Network {
  /** Whether there is a network at all. */
  online = true;

  constructor(
    private readonly journal: Journal,
    private readonly faults: Faults,
    private readonly siteOf: (url: URL) => Site | undefined,
  ) {}

  /** Sends a request. When `signal` is aborted, the sender hangs up. The server may go on. */
  async send(request: HttpRequest, by: Entry['by'], signal?: AbortSignal): Promise<HttpAnswer> {
    if (!this.online) {
      throw new NetworkFailure('unreachable', false);
    }
    const site = this.siteOf(request.url);
    if (!site) {
      throw new NetworkFailure('dns', false);
    }
    const entry = this.journal.note(request, by, site.name);
    const fault = this.faults.strike(site.name, request.method, request.url.pathname);
    try {
      const answer = await unlessAborted(answered(site, request, fault), signal);
      entry.status = answer.status;
      return request.method === 'HEAD' ? { ...answer, body: '' } : answer;
    } catch (failure) {
      if (signal?.aborted) {
        this.journal.hungUp(entry);
      }
      throw failure;
    }
  }
}

async function answered(site: Site, request: HttpRequest, ordered: OrderedFault | undefined): Promise<HttpAnswer> {
  if (!ordered) return site.answer(request);
  const { fault } = ordered;
  switch (fault) {
    case 'hold':
      await ordered.released();
      return site.answer(request);
    case 'holdAnswer': {
      const answer = await site.answer(request);
      await ordered.released();
      return answer;
    }
    case 'hang':
      return new Promise(() => undefined);
    case 'network':
      throw new NetworkFailure('reset', true);
    case 'lostAnswer':
      await site.answer(request);
      throw new NetworkFailure('reset', true);
    default:
      return refusal(fault);
  }
}

function refusal({ status, retryAfter, html }: Exclude<Fault, string>): HttpAnswer {
  const wait = retryAfter === undefined ? [] : [{ name: 'retry-after', value: String(retryAfter) }];
  if (html) {
    const headers = [{ name: 'content-type', value: 'text/html' }, ...wait];
    return { status, headers, body: `<html><body>${status}</body></html>`, bodyIsBase64: false };
  }
  const type = status === 429 ? 'general_rate_limit_exceeded' : 'general_unknown';
  return json(status, { message: 'ordered by a test', code: status, type }, wait);
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) {
    return work;
  }
  return new Promise((resolve, reject) => {
    const abort = () => {
      reject(new NetworkFailure('aborted', true));
    };
    if (signal.aborted) {
      abort();
    }
    signal.addEventListener('abort', abort);
    work.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', abort);
    });
  });
}
