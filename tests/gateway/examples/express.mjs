// The contract in JavaScript, for Express or a bare `http` server: app.use(sessionAuth({ endpoint, project })), then req.user.
import { createHash } from 'node:crypto';

const MEANING = {
  '401 general_unauthorized_scope': [401, 'session_invalid'],
  '401 user_jwt_invalid': [401, 'session_invalid'],
  '401 user_more_factors_required': [401, 'mfa_required'],
  '401 user_blocked': [403, 'user_blocked'],
  '403 user_blocked': [403, 'user_blocked'],
  '412 user_password_reset_required': [403, 'password_reset_required'],
};
const MOST = 4096; // characters of a credential
const MOST_COOKIES = 16384;
const USER_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function sessionAuth({ endpoint, project, ttl = 30_000, negativeTtl = 10_000, timeout = 5_000 }) {
  const answers = new Map(); // hash of the credential → { until, answer }; one question at a time: until it is over, a promise

  async function ask({ kind, text, userId }) {
    try {
      const answer = await fetch(`${endpoint.replace(/\/$/, '')}/account`, {
        headers: { 'X-Appwrite-Project': project, [kind === 'jwt' ? 'X-Appwrite-JWT' : 'X-Appwrite-Session']: text },
        redirect: 'manual',
        signal: AbortSignal.timeout(timeout),
      });
      const wait = seconds(answer.headers);
      const body = await answer.json(); // throws if it is a page
      if (answer.status === 200 && body.$id === userId) return { user: body };
      const [status, type] = MEANING[`${answer.status} ${body.type}`] ?? [503, 'auth_unavailable'];
      return { status, type, wait };
    } catch {
      return { status: 503, type: 'auth_unavailable' }; // never 401 because Appwrite is away
    }
  }

  async function known(credential) {
    const key = createHash('sha256').update(`${credential.kind}\n${credential.text}`).digest('hex');
    const kept = answers.get(key);
    if (kept && (kept.until === undefined || kept.until > Date.now())) return kept.answer;
    const asking = { answer: ask(credential) };
    answers.set(key, asking);
    const found = await asking.answer;
    const life = found.user ? ttl : ['session_invalid', 'user_blocked', 'password_reset_required'].includes(found.type) ? negativeTtl : 0;
    asking.until = Math.min(Date.now() + life, credential.expiresAt ?? Infinity);
    if (!life) answers.delete(key);
    if (answers.size > 10_000) answers.delete(answers.keys().next().value);
    return found;
  }

  return async (req, res, next) => {
    let found;
    try {
      found = await known(carried(req.headersDistinct, project));
    } catch (problem) {
      if (!problem.type) throw problem;
      found = problem;
    }
    if (found.user) {
      req.user = found.user;
      return next();
    }
    const headers = { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', 'X-Problem-Type': found.type };
    if (found.status === 401) headers['WWW-Authenticate'] = `Appwrite-Session error="${found.type}"`;
    if (found.status === 503) headers['Retry-After'] = String(found.wait ?? 1);
    res.writeHead(found.status, headers);
    res.end(JSON.stringify({ type: found.type, status: found.status }));
  };
}

// The one credential of a request, from req.headersDistinct. Throws a problem.
function carried(headers, project) {
  const found = [];
  const line = (headers.cookie ?? []).join('; ');
  if (line.length > MOST_COOKIES) throw problem(400, 'credential_too_large');
  const cookie = cookieOf(line, `a_session_${project}`) ?? cookieOf(line, `a_session_${project}_legacy`);
  if (cookie) found.push(['session', cookie]);
  for (const text of headers['x-appwrite-session'] ?? []) if (text) found.push(['session', text]);
  for (const text of headers['x-fallback-cookies'] ?? []) {
    const blob = fallback(text, `a_session_${project}`);
    if (blob) found.push(['session', blob]);
  }
  for (const text of headers.authorization ?? []) {
    const [scheme, ...token] = text.split(' ');
    if (scheme.toLowerCase() === 'bearer') found.push(['jwt', token.join(' ').trim()]);
  }
  // A Bearer of the app's own, beside a session, is for somebody else.
  const ours = found.length > 1 ? found.filter(([kind, text]) => kind !== 'jwt' || parsed(kind, text)) : found;
  if (ours.length === 0) throw problem(401, 'session_missing');
  if (ours.length > 1) throw problem(400, 'carrier_ambiguous');
  if (ours[0][1].length > MOST) throw problem(400, 'credential_too_large');
  const credential = parsed(...ours[0]);
  if (!credential) throw problem(400, 'credential_malformed');
  return credential;
}

function cookieOf(line, name) {
  const values = new Set();
  for (const pair of line.split(';')) {
    const [key, ...value] = pair.trim().split('=');
    if (key === name && !['', 'deleted'].includes(value.join('='))) values.add(decoded(value.join('=')));
  }
  if (values.size > 1) throw problem(400, 'carrier_ambiguous');
  return [...values][0];
}

function fallback(text, name) {
  if (text.length > MOST_COOKIES) throw problem(400, 'credential_too_large');
  let cookies;
  try {
    cookies = text && JSON.parse(text);
  } catch {
    throw problem(400, 'credential_malformed');
  }
  const blob = Array.isArray(cookies) ? undefined : cookies?.[name];
  if (blob && typeof blob !== 'string') throw problem(400, 'credential_malformed');
  return blob;
}

// What a credential says of itself. Only Appwrite can say whether it is true.
function parsed(kind, text) {
  try {
    if (kind === 'jwt') {
      if (!/^[\w-]+\.[\w-]+\.[\w-]*$/.test(text)) return undefined;
      const { userId, exp } = JSON.parse(Buffer.from(text.split('.')[1], 'base64url'));
      return USER_ID.test(userId) && Number.isFinite(exp) ? { kind, text, userId, expiresAt: exp * 1000 } : undefined;
    }
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
    const { id, secret } = JSON.parse(Buffer.from(text, 'base64'));
    return USER_ID.test(id) && typeof secret === 'string' && secret ? { kind, text, userId: id } : undefined;
  } catch {
    return undefined;
  }
}

function seconds(headers) {
  const given = Number(headers.get('retry-after') ?? Number(headers.get('x-ratelimit-reset') ?? 0) - Date.now() / 1000);
  return Number.isFinite(given) ? Math.max(1, Math.min(60, Math.ceil(given))) : 1;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // no percent-encoding of ours, and no credential either
  }
}

function problem(status, type) {
  return { status, type };
}
