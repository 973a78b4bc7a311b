// OpenAI's own Python client (e2e/openai) against the real server, without accounts and with them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { startServer } from '../harness/server.js';

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, '../..');
// scripts/setup-openai.sh makes it.
const PYTHON = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target', 'openai-client/bin/python');
const SIGN_IN = { username: 'root', password: 'correct horse battery' };
const RATE_LIMIT_KEY = '20';

describe("OpenAI's client", { timeout: 120_000 }, () => {
  let open;
  let closed;

  before(async () => {
    const accounts = { AUTH_ENABLED: 'true', BOOTSTRAP_USER: SIGN_IN.username, BOOTSTRAP_PASS: SIGN_IN.password, RATE_LIMIT_KEY };
    [open, closed] = await Promise.all([startServer(), startServer(accounts)]);
  });
  after(() => Promise.all([open?.stop(), closed?.stop()]));

  async function post(path, body, headers = {}) {
    const answer = await fetch(closed.url + path, { method: 'POST', body, headers });
    assert.ok(answer.ok, `${path}: ${answer.status}`);
    return answer.json();
  }

  test('lists, reads, streams, and gets typed errors', async () => {
    const { access_token: token } = await post('/api/auth/token', new URLSearchParams(SIGN_IN));
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const key = async (name) => (await post('/api/users/me/api-keys', JSON.stringify({ name }), headers)).key;
    const env = {
      PATH: process.env.PATH,
      ANONYMOUS_URL: `${open.url}/v1`,
      OPENAI_BASE_URL: `${closed.url}/v1`,
      OPENAI_API_KEY: await key('client'),
      BUSY_KEY: await key('busy'),
      RATE_LIMIT_KEY,
    };
    const tests = ['-B', '-m', 'unittest', 'discover', '--start-directory', resolve(ROOT, 'e2e/openai')];
    await run(PYTHON, tests, { env }).catch(({ stderr }) => assert.fail(stderr));
  });
});
