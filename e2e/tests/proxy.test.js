// What the proxy lets through and what it does not. A scripted upstream waits for the test before it says the next thing: were
// anything buffered on the way, the test would wait for ever (and fail after its timeout), however fast the machine.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { startNginx } from '../harness/nginx.js';
import { startServer } from '../harness/server.js';

const within = { timeout: 15_000 };

describe('the proxy before a scripted upstream', () => {
  let upstream;
  let nginx;
  let answer;

  before(async () => {
    upstream = createServer((asked, answering) => answer(asked, answering));
    await once(upstream.listen(0, '127.0.0.1'), 'listening');
    nginx = await startNginx(`http://127.0.0.1:${upstream.address().port}`);
  });
  after(async () => {
    await nginx?.stop();
    upstream.closeAllConnections();
    upstream.close();
  });

  test('each event of a stream comes through as it is made', within, async () => {
    let say;
    answer = (_, answering) => {
      answering.writeHead(200, { 'content-type': 'application/x-ndjson' });
      say = (line) => answering.write(`${line}\n`);
      say('{"type":"start"}');
    };
    const stream = await fetch(`${nginx.url}/api/ocr/pdf`, { method: 'POST', body: 'x', headers: { 'accept-encoding': 'gzip, br' } });
    assert.equal(stream.headers.get('content-encoding'), null);
    const reader = stream.body.getReader();
    const line = async () => new TextDecoder().decode((await reader.read()).value);
    assert.equal(await line(), '{"type":"start"}\n');
    for (const n of [1, 2, 3]) {
      say(`{"type":"delta","delta":"${n}"}`);
      assert.equal(await line(), `{"type":"delta","delta":"${n}"}\n`);
    }
    await reader.cancel();
  });

  test('a reader that takes nothing holds the upstream back, so that its own time-out can see it', within, async () => {
    const megabyte = Buffer.alloc(1 << 20, 'x');
    let written = 0;
    let full;
    const finished = deferred();
    answer = (_, answering) => {
      answering.writeHead(200, { 'content-type': 'application/x-ndjson' });
      const more = () => {
        while (written < 100) {
          written += 1;
          if (!answering.write(megabyte)) return answering.once('drain', more);
        }
        finished.resolve('all of it was taken');
      };
      more();
    };
    const asked = request(`${nginx.url}/api/ocr/pdf`, { method: 'POST' });
    asked.end('x');
    const [stream] = await once(asked, 'response');
    const standstill = new Promise((yes) => (full = yes));
    let before = -1;
    const watch = setInterval(() => (written === before ? full('it stands still') : (before = written)), 300);
    assert.equal(await Promise.race([finished.promise, standstill]), 'it stands still');
    clearInterval(watch);
    assert.ok(written < 50, `${written} MB were taken for a reader that took none`);
    stream.on('error', () => {});
    stream.destroy();
  });

  test('the upstream learns at once that a reader has left', within, async () => {
    const left = deferred();
    answer = (_, answering) => {
      answering.once('close', left.resolve);
      answering.writeHead(200, { 'content-type': 'application/x-ndjson' });
      answering.write('{"type":"start"}\n');
    };
    const leave = new AbortController();
    const stream = await fetch(`${nginx.url}/api/ocr/pdf`, { method: 'POST', body: 'x', signal: leave.signal });
    await stream.body.getReader().read();
    leave.abort();
    await left.promise;
  });

  test('an upload flows in as it arrives, however large it says it is', within, async () => {
    const first = deferred();
    answer = (asked, answering) => {
      asked.once('data', (bytes) => first.resolve(bytes.toString()));
      asked.once('end', () => answering.end('done'));
    };
    const upload = request(`${nginx.url}/api/documents`, { method: 'POST', headers: { 'content-length': 200_000_000 } });
    upload.on('error', () => {});
    upload.write('first bytes');
    assert.equal(await first.promise, 'first bytes');
    upload.destroy();
  });

  test("the server's own refusal of a large upload reaches the caller", within, async () => {
    answer = (asked, answering) => {
      // The connection stays open, because a reset could overtake the answer while nginx still writes.
      answering.writeHead(413, { 'content-type': 'application/problem+json' });
      answering.end('{"code":"too_large"}');
      asked.resume();
    };
    const refused = await fetch(`${nginx.url}/api/documents`, { method: 'POST', body: new Uint8Array(3_000_000) });
    assert.equal(refused.status, 413);
    assert.deepEqual(await refused.json(), { code: 'too_large' });
  });

  test('figures cannot be read from outside, however the path is written', within, async () => {
    let reached = 0;
    answer = (_, answering) => {
      reached += 1;
      answering.end();
    };
    for (const path of ['/metrics', '/api/metrics', '/%6Detrics', '//metrics', '/api/../metrics', '/metrics?a=b', '/api//metrics']) {
      const asked = request(`${nginx.url}`, { path });
      asked.end();
      const [response] = await once(asked, 'response');
      response.resume();
      assert.equal(response.statusCode, 404, path);
    }
    assert.equal(reached, 0);
  });

  test('the upstream learns who asked from the proxy, not from the asker', within, async () => {
    let headers;
    answer = (asked, answering) => {
      headers = asked.headers;
      answering.end();
    };
    await fetch(nginx.url, { headers: { 'x-forwarded-for': '203.0.113.9', 'x-real-ip': '203.0.113.9', 'x-forwarded-proto': 'https' } });
    assert.equal(headers['x-forwarded-for'], '127.0.0.1');
    assert.equal(headers['x-real-ip'], '127.0.0.1');
    assert.equal(headers['x-forwarded-proto'], 'http');
    assert.equal(headers.host, new URL(nginx.url).host);
  });
});

describe('the proxy before the real server', () => {
  let server;
  let nginx;

  before(async () => {
    server = await startServer();
    nginx = await startNginx(server.url);
  });
  after(async () => {
    await nginx?.stop();
    await server?.stop();
  });

  test('the page comes with each security header once', within, async () => {
    const page = await fetch(nginx.url);
    assert.equal(page.status, 200);
    assert.match(await page.text(), /<title>/);
    for (const name of ['content-security-policy', 'x-content-type-options', 'referrer-policy']) {
      const direct = (await fetch(server.url)).headers.get(name);
      assert.ok(direct, `${name} is sent`);
      assert.equal(page.headers.get(name), direct);
    }
  });

  test('the server shows its figures, the proxy hides them', within, async () => {
    const direct = await fetch(`${server.url}/metrics`);
    assert.equal(direct.status, 200);
    assert.match(await direct.text(), /^inkstream_build_info/m);
    for (const path of ['/metrics', '/api/metrics']) assert.equal((await fetch(nginx.url + path)).status, 404);
  });
});

function deferred() {
  let resolve;
  const promise = new Promise((yes) => (resolve = yes));
  return { promise, resolve };
}
