// Plays Appwrite's own SDKs against the mock, each against the server that it was made for. Every answer is compared with the model
// that the SDK declares.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, beforeEach, describe, test } from 'node:test';

import { startMock } from './mock.mjs';
import { watched } from './models.mjs';
import { openServer, openWeb, PROFILES } from './sdk.mjs';

const EMAIL = 'ada@example.com';
const PASSWORD = 'correct horse battery';
const PAGE = 'http://localhost/page';

/** The code that an authenticator shows for this base-32 secret (RFC 6238). */
function totp(secret, now) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret.replace(/=+$/, '')].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)));
  const digest = createHmac('sha1', key).update(counter).digest();
  const number = digest.readUInt32BE(digest[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, '0');
}

const refused = (status, type) => (error) => {
  assert.deepEqual([error.code, error.type], [status, type], error.message);
  return true;
};

for (const profile of PROFILES) {
  describe(`Appwrite ${profile}`, () => {
    let mock;
    let found;
    let web;
    let account;
    let teams;
    // Contract §7.
    const blocked = profile === '1.5' ? 401 : 403;

    before(async () => {
      mock = await startMock(profile);
    });
    after(() => mock.close());
    beforeEach(async () => {
      await mock.control('POST', '/reset');
      found = [];
      web = openWeb(profile, mock);
      account = watched(profile, web.account, 'Account', found);
      teams = watched(profile, web.teams, 'Teams', found);
    });

    /** A test, after which every answer was as the SDK declares it. */
    const story = (name, play) =>
      test(name, async () => {
        await play();
        assert.deepEqual([...new Set(found)], []);
      });

    const signUp = async () => {
      const user = await account.create('ada', EMAIL, PASSWORD, 'Ada');
      await account.createEmailPasswordSession(EMAIL, PASSWORD);
      return user;
    };

    story('signs up, signs in, and out', async () => {
      await assert.rejects(account.get(), refused(401, 'general_unauthorized_scope'));
      await signUp();
      assert.equal((await account.get()).email, EMAIL);
      await assert.rejects(account.create('other', EMAIL, PASSWORD), refused(409, 'user_already_exists'));
      await assert.rejects(account.createEmailPasswordSession(EMAIL, PASSWORD), refused(401, 'user_session_already_exists'));
      await account.deleteSession('current');
      await assert.rejects(account.get(), refused(401, 'general_unauthorized_scope'));
      await assert.rejects(account.createEmailPasswordSession(EMAIL, 'wrong password'), refused(401, 'user_invalid_credentials'));
    });

    story('lists, reads, extends and deletes sessions', async () => {
      await signUp();
      const { sessions, total } = await account.listSessions();
      assert.equal(total, 1);
      assert.equal((await account.getSession('current')).$id, sessions[0].$id);
      assert.equal((await account.updateSession('current')).$id, sessions[0].$id);
      await account.deleteSessions();
      await assert.rejects(account.listSessions(), refused(401, 'general_unauthorized_scope'));
    });

    story('changes the profile', async () => {
      await signUp();
      assert.equal((await account.updateName('Ada L.')).name, 'Ada L.');
      assert.equal((await account.updateEmail('ada@example.org', PASSWORD)).email, 'ada@example.org');
      assert.equal((await account.updatePhone('+4915112345678', PASSWORD)).phone, '+4915112345678');
      assert.deepEqual({ ...(await account.updatePrefs({ theme: 'dark' })).prefs }, { theme: 'dark' });
      assert.deepEqual({ ...(await account.getPrefs()) }, { theme: 'dark' });
      await account.updatePassword('another password', PASSWORD);
      await account.deleteSession('current');
      await account.createEmailPasswordSession('ada@example.org', 'another password');
      await account.updateStatus();
      await assert.rejects(account.createEmailPasswordSession('ada@example.org', 'another password'), refused(blocked, 'user_blocked'));
    });

    story('makes a JWT, and lists identities', async () => {
      await signUp();
      assert.equal((await account.listIdentities()).total, 0);
      const { jwt } = await account.createJWT();
      // Another browser.
      const other = openWeb(profile, mock);
      other.client.setJWT(jwt);
      assert.equal((await other.account.get()).email, EMAIL);
    });

    story('recovers the password', async () => {
      await account.create('ada', EMAIL, PASSWORD);
      await account.createRecovery(EMAIL, PAGE);
      const { secret } = await mock.message('ada');
      await account.updateRecovery('ada', secret, 'another password', 'another password');
      await account.createEmailPasswordSession(EMAIL, 'another password');
      await assert.rejects(account.updateRecovery('ada', secret, PASSWORD, PASSWORD), refused(401, 'user_invalid_token'));
    });

    story('verifies e-mail and phone', async () => {
      await signUp();
      await account.createVerification(PAGE);
      await account.updateVerification('ada', (await mock.message('ada')).secret);
      await account.updatePhone('+4915112345678', PASSWORD);
      await account.createPhoneVerification();
      await account.updatePhoneVerification('ada', (await mock.message('ada')).secret);
      const user = await account.get();
      assert.deepEqual([user.emailVerification, user.phoneVerification], [true, true]);
    });

    for (const [way, begin] of [
      ['an e-mail code', () => account.createEmailToken('ada', EMAIL)],
      ['a phone code', () => account.createPhoneToken('ada', '+4915112345678')],
      ['a magic link', () => account.createMagicURLToken('ada', EMAIL, PAGE)],
    ]) {
      story(`signs in with ${way}`, async () => {
        const token = await begin();
        const session = await account.createSession(token.userId, (await mock.message(token.userId)).secret);
        assert.equal(session.userId, token.userId);
        assert.equal((await account.get()).$id, token.userId);
        await assert.rejects(account.createSession(token.userId, '000000'), (error) => error.code === 401);
      });
    }

    story('signs in anonymously, and becomes somebody', async () => {
      await account.createAnonymousSession();
      assert.equal((await account.updateEmail(EMAIL, PASSWORD)).email, EMAIL);
      await account.deleteSession('current');
      await account.createEmailPasswordSession(EMAIL, PASSWORD);
    });

    story('asks for a second factor', async () => {
      await signUp();
      const { secret } = await account.createMfaAuthenticator('totp');
      const code = async () => totp(secret, (await mock.control('GET', '/clock')).now);
      await account.updateMfaAuthenticator('totp', await code());
      await account.updateMFA(true);
      assert.equal((await account.createMfaRecoveryCodes()).recoveryCodes.length, 6);
      await account.deleteSession('current');
      await account.createEmailPasswordSession(EMAIL, PASSWORD);
      await assert.rejects(account.get(), refused(401, 'user_more_factors_required'));
      assert.equal((await account.listMfaFactors()).totp, true);
      const challenge = await account.createMfaChallenge('totp');
      await assert.rejects(account.updateMfaChallenge(challenge.$id, '000000'), refused(401, 'user_invalid_token'));
      await account.updateMfaChallenge(challenge.$id, await code());
      assert.equal((await account.get()).mfa, true);
      assert.equal((await account.getMfaRecoveryCodes()).recoveryCodes.length, 6);
      await account.updateMFA(false);
      await account.deleteMfaAuthenticator('totp', await code());
    });

    story('is told by the realtime socket what happens to the account', async () => {
      await signUp();
      const events = [];
      const unsubscribe = web.client.subscribe('account', (event) => events.push(event));
      // The SDK does not say when it listens.
      for (let tries = 0; events.length === 0 && tries < 50; tries += 1) {
        await account.updateName(`Ada ${tries}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      assert.ok(events.length > 0, 'nothing was told');
      assert.ok(events[0].events.includes('users.ada.update.name'), String(events[0].events));
      assert.equal(events[0].payload.$id, 'ada');
      unsubscribe();
      // No socket outlives the test.
      await mock.control('POST', '/reset');
      web.client.realtime.reconnect = false;
      web.client.realtime.socket.close();
    });

    story('begins OAuth2 in the browser', async () => {
      for (const begin of ['createOAuth2Session', 'createOAuth2Token']) {
        await web.account[begin]('github', PAGE, PAGE);
        const answer = await fetch(web.location(), { redirect: 'manual' });
        // The project has no key of that provider: the user is told so on a page.
        assert.equal(answer.status, 412, begin);
      }
    });

    story('works in a team', async () => {
      await signUp();
      const team = await teams.create('crew', 'Crew');
      assert.equal((await teams.list()).total, 1);
      assert.equal((await teams.get(team.$id)).name, 'Crew');
      assert.equal((await teams.updateName('crew', 'The crew')).name, 'The crew');
      await teams.updatePrefs('crew', { colour: 'red' });
      assert.deepEqual({ ...(await teams.getPrefs('crew')) }, { colour: 'red' });
      const invited = await teams.createMembership('crew', ['cook'], 'bob@example.com', undefined, undefined, PAGE, 'Bob');
      assert.equal((await teams.listMemberships('crew')).total, 2);
      assert.equal((await teams.getMembership('crew', invited.$id)).userEmail, 'bob@example.com');
      assert.deepEqual((await teams.updateMembership('crew', invited.$id, ['captain'])).roles, ['captain']);
      const { secret } = await mock.message(invited.userId);
      await account.deleteSession('current');
      assert.equal((await teams.updateMembershipStatus('crew', invited.$id, invited.userId, secret)).confirm, true);
      assert.equal((await teams.list()).total, 1);
      await teams.deleteMembership('crew', invited.$id);
      await account.deleteSession('current');
      await account.createEmailPasswordSession(EMAIL, PASSWORD);
      await teams.delete('crew');
      assert.equal((await teams.list()).total, 0);
    });

    if (profile === '2.7') {
      story('takes codes in place of links', async () => {
        await signUp();
        await account.createEmailVerificationOTP();
        await account.updateEmailVerificationOTP('ada', (await mock.message('ada')).secret);
        assert.equal((await account.get()).emailVerification, true);
        await account.deleteSession('current');
        const token = await account.createRecoveryOTP(EMAIL);
        await account.updateRecoveryOTP(token.userId, (await mock.message('ada')).secret, 'another password');
        await account.createEmailPasswordSession(EMAIL, 'another password');
      });

      story('signs in with an ID token of Google, and links one of Apple', async () => {
        const google = await mock.control('POST', '/id-tokens/google', { sub: 'g-1', email: EMAIL, emailVerified: true });
        const session = await account.createIdTokenSession('google', google.idToken);
        assert.equal(session.provider, 'google');
        const apple = await mock.control('POST', '/id-tokens/apple', { sub: 'a-1', nonce: 'n-1' });
        await account.createIdTokenSession('apple', apple.idToken, 'n-1');
        assert.equal((await account.listIdentities()).total, 2);
        await assert.rejects(account.createIdTokenSession('google', 'no.token.atall'), refused(401, 'user_oauth2_token_invalid'));
        assert.equal((await account.get()).$id, session.userId);
      });
    }

    story('is served as an app server', async () => {
      const { users } = openServer(profile, mock);
      const user = await users.create('bob', 'bob@example.com', undefined, PASSWORD, 'Bob');
      assert.equal((await users.get('bob')).email, user.email);
      const token = await users.createToken('bob');
      await account.createSession('bob', token.secret);
      assert.equal((await users.listSessions('bob')).total, 1);
      const { sessions } = await users.listSessions('bob');
      await users.deleteSession('bob', sessions[0].$id);
      await assert.rejects(account.get(), refused(401, 'general_unauthorized_scope'));
      const session = await users.createSession('bob');
      assert.notEqual(session.secret, '');
      // Up to 1.5 that is the bare secret, of which no carrier can be made.
      if (profile === '1.5') await account.createSession('bob', (await users.createToken('bob')).secret);
      else web.client.setSession(session.secret);
      assert.equal((await account.get()).$id, 'bob');
      await users.updateLabels('bob', ['vip']);
      assert.deepEqual((await account.get()).labels, ['vip']);
      await users.updateStatus('bob', false);
      await assert.rejects(account.get(), refused(blocked, 'user_blocked'));
      await users.updateStatus('bob', true);
      await users.deleteSessions('bob');
      await users.delete('bob');
    });
  });
}
