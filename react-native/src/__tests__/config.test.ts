/** The configuration as it reaches the native side. */

import { toNativeConfig, type SessionConfig } from '../config';

const least: SessionConfig = { endpoint: 'https://x.example/v1', project: 'demo', gateways: ['https://api.example'] };

test('what is not set is the default, or not there', () => {
  expect(toNativeConfig(least)).toEqual({
    endpoint: 'https://x.example/v1',
    project: 'demo',
    gateways: [{ url: 'https://api.example', carrier: 'cookie' }],
    persistence: 'durable',
    readOnly: false,
    forgetAfterReinstall: false,
    rootCertificates: [],
  });
  expect(Object.keys(toNativeConfig({ ...least, accountSlot: undefined }))).not.toContain('accountSlot');
});

test('all that is set arrives', () => {
  const native = toNativeConfig({
    ...least,
    gateways: [
      'https://a.example',
      { url: 'https://b.example' },
      { url: 'https://c.example', carrier: 'session_header' },
    ],
    accountSlot: 'second',
    persistence: 'memory_only',
    readOnly: true,
    keychainAccessGroup: 'TEAM.shared',
    forgetAfterReinstall: true,
    presence: { policy: 'lifecycle', timeoutMs: 60_000, title: 'Unlock', subtitle: 'to go on', cancel: 'Cancel' },
    timeouts: { connectMs: 1, idleMs: 2, totalMs: 3.2 },
    attempts: 2,
    responseLimit: 1_000_000,
    rootCertificates: ['-----BEGIN CERTIFICATE-----'],
    followAppState: false,
  });
  expect(native).toEqual({
    endpoint: 'https://x.example/v1',
    project: 'demo',
    gateways: [
      { url: 'https://a.example', carrier: 'cookie' },
      { url: 'https://b.example', carrier: 'cookie' },
      { url: 'https://c.example', carrier: 'session_header' },
    ],
    accountSlot: 'second',
    persistence: 'memory_only',
    readOnly: true,
    keychainAccessGroup: 'TEAM.shared',
    forgetAfterReinstall: true,
    presence: { policy: 'lifecycle', timeoutMs: 60_000, title: 'Unlock', subtitle: 'to go on', cancel: 'Cancel' },
    connectTimeoutMs: 1,
    idleTimeoutMs: 2,
    totalTimeoutMs: 4,
    attempts: 2,
    responseLimit: 1_000_000,
    rootCertificates: ['-----BEGIN CERTIFICATE-----'],
  });
});

test('a policy without a time has the time 0', () => {
  const presence = { policy: 'always', title: 'Unlock', cancel: 'Cancel' } as const;
  expect(toNativeConfig({ ...least, presence }).presence).toEqual({ ...presence, timeoutMs: 0 });
});

test.each([
  ['endpoint must be a string, but got undefined', { endpoint: undefined }],
  ['project must be a string, but got null', { project: null }],
  ['gateways must be an array, such as ["https://api.example.com"]', { gateways: 'https://api.example' }],
  ['the URL of a gateway must be a string, but got undefined', { gateways: [undefined] }],
  ['carrier must be a string, but got number', { gateways: [{ url: 'https://api.example', carrier: 7 }] }],
  ['attempts must be an integer of at least 1', { attempts: 0 }],
  ['responseLimit must be an integer of at least 1', { responseLimit: 0 }],
  ['responseLimit must be an integer of at least 1', { responseLimit: 1.5 }],
  ['timeouts.totalMs must be a number of milliseconds', { timeouts: { totalMs: NaN } }],
  ['timeouts.idleMs must be a number of milliseconds', { timeouts: { idleMs: -1 } }],
  ['presence.title must be a string, but got undefined', { presence: { policy: 'always', cancel: 'Cancel' } }],
  ['rootCertificates must be a string, but got object', { rootCertificates: [{}] }],
])('what the native side could not take is refused: %s', (message, wrong) => {
  const build = () => toNativeConfig({ ...least, ...wrong } as unknown as SessionConfig);
  expect(build).toThrow(expect.objectContaining({ name: 'SessionError', code: 'config', message }) as Error);
});
