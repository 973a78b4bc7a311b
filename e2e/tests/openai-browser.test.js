// OpenAI's own JavaScript client in a real browser, on a page of another origin: what the preflight does not allow, it cannot send.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch } from '../harness/browser.js';
import { LINES, image } from '../harness/fixtures.js';
import { startServer } from '../harness/server.js';

const MODULES = resolve(import.meta.dirname, '../node_modules');
const PAGE = `<!doctype html><meta charset="utf-8"><title>Another site</title>
<script type="importmap">{"imports": {"openai": "/openai/index.mjs"}}</script>`;

/** Another site: an empty page, and the client's modules as npm has them. */
async function startSite() {
  const site = createServer(async (asked, answering) => {
    const path = normalize(new URL(asked.url, 'http://site').pathname);
    if (path === '/') return answering.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    if (!/^\/openai\/[\w/.-]+\.m?js$/.test(path)) return answering.writeHead(404).end();
    const module = await readFile(join(MODULES, path)).catch(() => null);
    answering.writeHead(module ? 200 : 404, { 'content-type': 'text/javascript' }).end(module);
  });
  await once(site.listen(0, '127.0.0.1'), 'listening');
  return { origin: `http://127.0.0.1:${site.address().port}`, stop: () => site.close(site.closeAllConnections()) };
}

describe("OpenAI's client on a page of another origin", { timeout: 120_000 }, () => {
  let browser;
  let site;
  let png;

  before(async () => {
    [browser, site] = await Promise.all([launch(), startSite()]);
    png = `data:image/png;base64,${(await image(browser, LINES)).toString('base64')}`;
  });
  after(async () => {
    await browser?.close();
    site?.stop();
  });

  /** Runs `steps({client, …given})` on the other site's page, with its client for a server of these settings. */
  async function elsewhere(settings, steps, given = {}) {
    const server = await startServer(settings);
    const page = await browser.newPage();
    try {
      await page.goto(site.origin);
      await page.evaluate(async (baseURL) => {
        const { default: OpenAI, NotFoundError } = await import('openai');
        const client = new OpenAI({ baseURL, apiKey: 'EMPTY', dangerouslyAllowBrowser: true, maxRetries: 0 });
        Object.assign(window, { client, NotFoundError });
      }, `${server.url}/v1`);
      return await page.evaluate(steps, given);
    } finally {
      await page.close();
      await server.stop();
    }
  }

  test('it lists, reads, streams, and gets typed errors', async () => {
    const seen = await elsewhere(
      { CORS_ORIGINS: site.origin },
      async ({ png }) => {
        const { client, NotFoundError } = window;
        const { data: models, response } = await client.models.list().withResponse();
        const model = await client.models.retrieve(models.data[0].id);
        const failed = await client.models.retrieve('some/other').catch((error) => error);
        const messages = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: png } }] }];
        const whole = await client.chat.completions.create({ model: model.id, messages });
        const stream = await client.chat.completions.create({ model: model.id, messages, stream: true, stream_options: { include_usage: true } });
        const chunks = [];
        for await (const chunk of stream) chunks.push(chunk);
        const cut = await client.chat.completions.create({ model: model.id, messages, max_tokens: 3 });
        const headers = ['x-request-id', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'];
        return {
          model: model.id,
          headers: headers.filter((name) => response.headers.get(name)),
          failed: [failed instanceof NotFoundError, failed.code, failed.param, Boolean(failed.requestID)],
          whole: whole.choices[0].message.content,
          streamed: chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''),
          deltas: chunks.length,
          usage: chunks.at(-1).usage,
          cut: [cut.choices[0].finish_reason, cut.usage.completion_tokens, cut.choices[0].message.content.length],
        };
      },
      { png },
    );
    assert.equal(seen.model, 'embedded');
    assert.deepEqual(seen.headers, ['x-request-id', 'ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset']);
    assert.deepEqual(seen.failed, [true, 'model_not_found', 'model', true]);
    for (const line of LINES) assert.ok(seen.whole.includes(line), seen.whole);
    assert.equal(seen.streamed, seen.whole);
    assert.ok(seen.deltas > 3 && seen.usage.completion_tokens > 0);
    assert.deepEqual(seen.cut, ['length', 3, 12]);
  });

  test('any site may where all may', async () => {
    const count = await elsewhere({ CORS_ORIGINS: '*' }, async () => (await window.client.models.list()).data.length);
    assert.equal(count, 3);
  });

  test('a site that is not named may not', async () => {
    const refused = await elsewhere({ CORS_ORIGINS: 'https://a.example' }, () => window.client.models.list().then(() => 'let in', (error) => error.constructor.name));
    assert.notEqual(refused, 'let in');
  });
});
