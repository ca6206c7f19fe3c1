// The contract in JavaScript, for Express or a bare `http` server: app.use(sessionAuth({ endpoint, project })), then req.user.
import { createHash } from 'node:crypto';

const MEANING = {
  '401 general_unauthorized_scope': [401, 'session_invalid'],
  '401 user_more_factors_required': [401, 'mfa_required'],
  '401 user_blocked': [403, 'user_blocked'],
  '403 user_blocked': [403, 'user_blocked'],
};

export function sessionAuth({ endpoint, project, ttl = 30_000, timeout = 5_000 }) {
  const answers = new Map(); // hash of the credential → { until, user }; one question at a time: until it is over, a promise

  async function ask(credential) {
    try {
      const answer = await fetch(`${endpoint}/account`, {
        headers: { 'X-Appwrite-Project': project, 'X-Appwrite-Session': credential },
        redirect: 'manual',
        signal: AbortSignal.timeout(timeout),
      });
      const body = await answer.json(); // throws if it is a page
      const claimed = JSON.parse(Buffer.from(credential, 'base64')).id;
      if (answer.status === 200 && body.$id === claimed) return { user: body };
      const [status, type] = MEANING[`${answer.status} ${body.type}`] ?? [503, 'auth_unavailable'];
      return { status, type };
    } catch {
      return { status: 503, type: 'auth_unavailable' }; // never 401 because Appwrite is away
    }
  }

  async function known(credential) {
    const key = createHash('sha256').update(credential).digest('hex');
    const kept = answers.get(key);
    if (kept && (kept.until === undefined || kept.until > Date.now())) return kept.answer;
    const asking = { answer: ask(credential) };
    answers.set(key, asking);
    const found = await asking.answer;
    if (found.user) asking.until = Date.now() + ttl;
    else answers.delete(key);
    if (answers.size > 10_000) answers.delete(answers.keys().next().value);
    return found;
  }

  return async (req, res, next) => {
    const credentials = carried(req.headers, `a_session_${project}`);
    const found =
      credentials.length === 0 ? { status: 401, type: 'session_missing' }
      : credentials.length > 1 ? { status: 400, type: 'carrier_ambiguous' }
      : !/^[A-Za-z0-9+/]{1,4096}={0,2}$/.test(credentials[0]) ? { status: 400, type: 'credential_malformed' }
      : await known(credentials[0]);
    if (found.user) {
      req.user = found.user;
      return next();
    }
    const headers = { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' };
    if (found.status === 503) headers['Retry-After'] = '1';
    res.writeHead(found.status, headers);
    res.end(JSON.stringify({ type: found.type, status: found.status }));
  };
}

function carried(headers, name) {
  const found = [];
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [key, ...value] = pair.trim().split('=');
    if (key === name && value.join('=') && value[0] !== 'deleted') found.push(decoded(value.join('=')));
  }
  if (headers['x-appwrite-session']) found.push(headers['x-appwrite-session']);
  if (headers['x-fallback-cookies']) {
    try {
      const blob = JSON.parse(headers['x-fallback-cookies'])?.[name];
      if (blob) found.push(String(blob));
    } catch {
      found.push(''); // there, and no credential
    }
  }
  return found;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
