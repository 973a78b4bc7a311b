// The server beneath a path of its host (BASE_PATH), behind nginx as it is deployed: whatever leaves the path is another site's.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { choose, footer, journey, launch, text } from '../harness/browser.js';
import { LINES, image } from '../harness/fixtures.js';
import { startNginx } from '../harness/nginx.js';
import { startServer } from '../harness/server.js';

const BASE = '/tools/ocr';
const PASSWORD = 'correct horse battery';

describe('beneath a path', { timeout: 300_000 }, () => {
  let browser;
  let png;
  let open;
  let closed;

  before(async () => {
    browser = await launch();
    png = await image(browser, LINES);
    [open, closed] = await Promise.all([site({}), site({ AUTH_ENABLED: 'true', BOOTSTRAP_USER: 'root', BOOTSTRAP_PASS: PASSWORD })]);
  });
  after(async () => {
    await browser?.close();
    await Promise.all([open?.stop(), closed?.stop()]);
  });

  async function site(settings) {
    const server = await startServer({ BASE_PATH: BASE, TRUSTED_PROXIES: '127.0.0.1', ...settings });
    const nginx = await startNginx(server.url, BASE);
    return { url: nginx.url, origin: new URL(nginx.url).origin, server, stop: () => Promise.all([nginx.stop(), server.stop()]) };
  }

  /** A journey that fails on each request beside the path. */
  async function walk(site, name, steps) {
    const beside = [];
    await journey(browser, site.url, name, {}, async (page) => {
      page.on('request', (request) => {
        const { protocol, pathname } = new URL(request.url());
        if (protocol === 'http:' && !pathname.startsWith(`${BASE}/`)) beside.push(pathname);
      });
      await page.goto(`${site.url}/`);
      await steps(page);
    });
    assert.deepEqual(beside, []);
  }

  async function shown(page) {
    const image = page.locator('figure.page-image img');
    await image.waitFor();
    assert.ok(await image.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)), 'the image is there');
  }

  test('an image is read, its address opened again, and the other pages found', async () => {
    await walk(open, 'subpath', async (page) => {
      // Fonts are asked for when the first text is shown.
      await page.getByRole('button', { name: 'Try our sample' }).waitFor();
      await page.evaluate(() => document.fonts.ready);
      assert.ok(await page.evaluate(() => [...document.fonts].some((font) => font.status === 'loaded')), 'fonts are there');
      await page.getByRole('button', { name: 'Try our sample' }).click();
      await footer(page, /^1 page read/).waitFor();
      await page.goto(`${open.url}/`);
      await choose(page, 'invoice.png', 'image/png', png);
      await footer(page, /^1 page read/).waitFor();
      await text(page, 1).getByText(LINES[1]).waitFor();
      assert.match(new URL(page.url()).pathname, /^\/tools\/ocr\/d\/[0-9a-f-]{36}$/);
      await page.reload();
      await text(page, 1).getByText(LINES[1]).waitFor();
      await shown(page);
      await page.getByRole('link', { name: 'Usage', exact: true }).click();
      await page.getByRole('heading', { name: 'Usage', level: 1 }).waitFor();
      assert.equal(new URL(page.url()).pathname, `${BASE}/usage`);
      const [cookie] = await page.context().cookies(`${open.url}/`);
      assert.deepEqual([cookie.name, cookie.path], ['inkstream_session', `${BASE}/`]);
      await page.goto(`${open.url}/no/such/page`);
      await page.getByText('Nothing is here').first().waitFor();
    });
  });

  test('who signs in stays signed in, and sees images by their signed addresses', async () => {
    await walk(closed, 'subpath-account', async (page) => {
      await page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
      await page.getByLabel('Name', { exact: true }).fill('root');
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await choose(page, 'invoice.png', 'image/png', png);
      await footer(page, /^1 page read/).waitFor();
      await shown(page);
      const cookies = await page.context().cookies(`${closed.url}/api/auth/refresh`);
      assert.equal(cookies.find(({ name }) => name === 'inkstream_refresh')?.path, `${BASE}/api/auth`);
      await page.reload();
      await text(page, 1).getByText(LINES[1]).waitFor();
      await shown(page);
    });
  });

  test('the description of the API is shown, and asks the right address', async () => {
    await walk(open, 'subpath-docs', async (page) => {
      await page.goto(`${open.url}/docs`);
      await page.getByText('/v1/chat/completions').first().waitFor();
      assert.equal(new URL(page.url()).pathname, `${BASE}/docs/`);
    });
  });

  test("the bare path leads to the page, figures stay hidden, and OpenAI's dialect is there", async () => {
    const bare = await fetch(`${open.origin}${BASE}`, { redirect: 'manual' });
    assert.ok([301, 308].includes(bare.status));
    assert.equal(bare.headers.get('location'), `${BASE}/`);
    for (const path of ['/metrics', '/api/metrics', '/%6Detrics', '//metrics']) assert.equal((await fetch(open.url + path)).status, 404, path);
    assert.equal((await fetch(`${open.origin}/api/documents`)).status, 404);
    const { data } = await (await fetch(`${open.url}/v1/models`)).json();
    assert.equal((await (await fetch(`${open.url}/v1/models/${data[0].id}`)).json()).id, 'embedded');
    assert.equal((await fetch(`${open.server.url}/readyz`)).status, 200);
  });
});
