// Engines that no one would want to wait for: what they say comes from backend/testkit, the rest is the real thing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { accessible, choose, fitsItsWidth, footer, journey, keep, keepAll, launch, text } from '../harness/browser.js';
import { pdfOfProse } from '../harness/fixtures.js';
import { startScripted } from '../harness/scripted.js';

const FIXTURES = new URL('../../backend/testkit/fixtures/', import.meta.url);
const PNG = readFileSync(new URL('page.png', FIXTURES));
const TITLE = 'The Keeper of the Light';
const LAST = 'ledger he wrote the date, the weather, and a single word: thanks.';
const DEEPSEEK = 'deepseek-ai/DeepSeek-OCR';

describe('scripted engines', { timeout: 300_000 }, () => {
  let browser;

  before(async () => (browser = await launch()));
  after(() => browser?.close());


  /** Chooses a file, waits until these words stand below it, and gives the document as the server has it. */
  async function read(page, name, mime, file, ended) {
    await choose(page, name, mime, file);
    await footer(page, ended).waitFor();
    const id = page.url().match(/\/d\/([0-9a-f-]{36})$/)[1];
    return (await page.request.get(`/api/documents/${id}`)).json();
  }

  async function walk(scenario, model, settings, steps) {
    const server = await startScripted(scenario, model, settings);
    try {
      await journey(browser, server.url, scenario, { baseURL: server.url }, (page) => steps(page, server));
    } finally {
      await server.stop();
    }
  }

  /** The events of an image that a client without a browser has read. */
  async function events(server, fields) {
    const form = new FormData();
    form.set('file', new Blob([PNG]), 'page.png');
    for (const [name, value] of Object.entries(fields)) form.set(name, value);
    const answer = await fetch(`${server.url}/api/ocr/image`, { method: 'POST', body: form });
    return (await answer.text()).trim().split('\n').map((line) => JSON.parse(line));
  }

  const textOf = (events) => events.map((event) => event.delta ?? '').join('');

  test('grounding becomes boxes on the page, an annotated image and clean text', async () => {
    await walk('deepseek-grounding', DEEPSEEK, {}, async (page, server) => {
      const document = await read(page, 'page.png', 'image/png', PNG, /^1 page read/);
      const shown = await text(page, 1).innerText();
      assert.ok(shown.includes(TITLE) && shown.includes(LAST), shown);
      assert.ok(!shown.includes('<|') && !shown.includes('[['), shown);
      const [{ width, height, boxes, model }] = document.page_list;
      assert.equal(model, DEEPSEEK);
      assert.equal(boxes.length, 4);
      for (const { box: [x, y, w, h] } of boxes) assert.ok(w > 0 && h > 0 && x + w <= width && y + h <= height, `${x} ${y} ${w} ${h}`);
      await page.getByRole('button', { name: 'Boxes', exact: true }).click();
      const places = page.locator('figure.page-image svg.boxes.is-shown .box');
      await places.first().waitFor();
      assert.equal(await places.count(), 4);
      // Whoever points at a paragraph sees where it stands.
      await text(page, 1).getByText('loaf of bread').hover();
      await page.locator('figure.page-image .box.is-highlighted').waitFor();
      await keep(page, 'grounding-light');

      const image = await page.request.get(`/api/documents/${document.document_id}/annotated/1`);
      assert.deepEqual([image.status(), image.headers()['content-type']], [200, 'image/png']);
      const drawn = await image.body();
      assert.deepEqual([drawn.readUInt32BE(16), drawn.readUInt32BE(20)], [width, height], 'as wide and high as the page');
      assert.ok(!drawn.equals(await (await page.request.get(`/api/documents/${document.document_id}/pages/1/image`)).body()));

      const layout = await events(server, { task: 'layout', boxes: 'true' });
      assert.ok(textOf(layout).includes('first time on the ninth of') && !textOf(layout).includes('<|'), textOf(layout));
      assert.ok(layout.at(-1).boxes.some((box) => box.text === TITLE), 'a line has its text');
    });
  });

  test('what is looked for is marked wherever the engine finds it', async () => {
    await walk('deepseek-grounding', DEEPSEEK, {}, async (page) => {
      await page.getByLabel('Task').selectOption('locate');
      await page.getByLabel('Look for').fill('eleven');
      const document = await read(page, 'page.png', 'image/png', PNG, /^1 page read/);
      const kinds = document.page_list[0].boxes.map((box) => box.kind);
      assert.deepEqual(kinds, ['reference', 'reference']);
      await page.locator('figure.page-image .box.is-reference').nth(1).waitFor();
    });
  });

  test('what would be a script in a page is text on ours', async () => {
    await walk('script-tag', 'scripted', {}, async (page) => {
      await read(page, 'page.png', 'image/png', PNG, /^1 page read/);
      for (const view of ['Text', 'Raw']) {
        await page.getByRole('button', { name: view, exact: true }).click();
        await page.getByRole('button', { name: view, exact: true, pressed: true }).waitFor();
        assert.match(await text(page, 1).innerText(), /<script>window\.hacked/);
        const live = page.locator('main').locator('script, [onerror], [onload], [onmouseover], a[href^="javascript:"]');
        assert.equal(await live.count(), 0, view);
      }
      assert.equal(await page.evaluate(() => window.hacked), undefined);
    });
  });

  test('every kind of block is an element of its own, and nothing that a model wrote is live', async () => {
    await walk('every-block', 'scripted', {}, async (page) => {
      const document = await read(page, 'page.png', 'image/png', PNG, /^1 page read/);
      for (const reload of [false, true]) {
        if (reload) await page.reload();
        const shown = text(page, 1);
        await shown.getByRole('heading', { name: 'Delivery note 2041', level: 1 }).waitFor();
        await shown.getByRole('heading', { name: 'To be checked on arrival', level: 3 }).waitFor();
        const goods = shown.getByRole('table', { name: 'Goods by kind and month, in reams' });
        assert.equal(await goods.getByRole('columnheader', { name: 'April' }).getAttribute('colspan'), '2');
        assert.equal(await goods.getByRole('cell', { name: 'The rest follows' }).getAttribute('rowspan'), '2');
        assert.equal(await goods.getByRole('rowheader').count(), 3);
        assert.equal(await shown.getByRole('table').count(), 2);
        await shown.getByRole('img', { name: 'Checked', exact: true }).waitFor();
        await shown.getByRole('img', { name: 'Not checked' }).waitFor();
        for (const words of ['blockquote', 'pre code', 'figure figcaption', 'hr', 'strong', 'em', 's', '.formula', '.content-formula', '.furniture.is-page-number']) {
          assert.notEqual(await shown.locator(words).count(), 0, words);
        }
        assert.equal(await shown.locator('a, img, script').count(), 0, 'addresses are shown, not followed');
        await accessible(page);
        for (const [name, width, height] of [['wide', 1440, 900], ['phone', 375, 740]]) {
          await page.setViewportSize({ width, height });
          await fitsItsWidth(page);
          await accessible(page);
          const remarks = await goods.getByRole('columnheader', { name: 'Remarks' }).evaluate((cell) => cell.clientWidth);
          assert.ok(remarks > 70, `a word of a table is not broken on a narrow screen: ${remarks}px`);
          for (const colorScheme of ['light', 'dark']) {
            await page.emulateMedia({ colorScheme });
            if (!reload) await keepAll(page, shown, `every-block-${name}-${colorScheme}`);
          }
        }
        await page.emulateMedia({ colorScheme: 'light' });
        await page.setViewportSize({ width: 1280, height: 800 });
      }
      const content = (await (await page.request.get(`/api/documents/${document.document_id}/pages/1`)).json()).content;
      assert.ok(content.blocks.length > 10);
      await page.getByRole('button', { name: 'Raw', exact: true }).click();
      await text(page, 1).getByText('<caption>Goods by kind').waitFor();

      const saved = async (name) => {
        await page.getByRole('button', { name: 'Export' }).click();
        const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name }).click()]);
        return readFileSync(await download.path(), 'utf8');
      };
      const plain = await saved('Text (.txt)');
      assert.ok(plain.includes('Iron gall ink\t6\t58.50') && !plain.includes('<') && !plain.includes('**'), plain);
      assert.match(await saved('Markdown (.md)'), /\| Iron gall ink \| 6 \| 58\.50 \|/);
      assert.equal(await page.evaluate(() => window.hacked), undefined);
    });
  });

  test('a page that repeats itself is read again, and its text appears once', async () => {
    await walk('repetition', 'scripted', {}, async (page) => {
      const document = await read(page, 'page.png', 'image/png', PNG, /^1 page read/);
      const shown = await text(page, 1).innerText();
      assert.equal(shown.split(TITLE).length, 2, shown);
      assert.ok(!shown.includes('Eleven boats\n') && !shown.includes('came home. All eleven'), shown);
      const [{ attempts }] = document.page_list;
      assert.deepEqual(attempts.map((attempt) => attempt.outcome), ['repetition', 'ok']);
    });
  });

  test('a page that lies on its side is turned, also on the screen', async () => {
    await walk('turned', 'allenai/olmOCR-2-7B-1025', {}, async (page) => {
      for (const [name, mime, file] of [['page.pdf', 'application/pdf', pdfOfProse(1, 12)], ['page.png', 'image/png', PNG]]) {
        const document = await read(page, name, mime, file, /^1 page read/);
        const [{ rotation, width, height }] = document.page_list;
        const shown = page.locator('figure.page-image img');
        await page.waitForFunction(
          ({ wide }) => {
            const { naturalWidth: across, naturalHeight: down } = document.querySelector('figure.page-image img') ?? {};
            return across > 0 && across > down === wide;
          },
          { wide: width > height },
        );
        assert.ok(await shown.evaluate((img) => img.complete));
        assert.equal(rotation, 90);
        await page.getByRole('link', { name: /Inkstream/ }).click();
      }
    });
  });

  test('a page that is cut at the token limit says so', async () => {
    await walk('length', 'scripted', {}, async (page) => {
      const document = await read(page, 'page.png', 'image/png', PNG, /^1 page read.* · 1 in part/);
      assert.equal(document.page_list[0].finish_reason, 'length');
      assert.equal(document.page_list[0].status, 'partial');
      await page.getByText(/The text is cut/).first().waitFor();
    });
  });

  test('an engine that dies in the middle of a PDF leaves the rest to its fallback', async () => {
    const settings = { LLM_FALLBACK: 'tesseract', LLM_CONCURRENCY: '1' };
    await walk('dies', 'scripted', settings, async (page) => {
      const document = await read(page, 'chapters.pdf', 'application/pdf', pdfOfProse(5, 12), /^5 pages read/);
      // Which pages came to the engine first, their turns decide.
      assert.deepEqual(document.page_list.map((page) => page.model).sort(), ['scripted', 'scripted', 'tesseract', 'tesseract', 'tesseract']);
      for (const { page: number, status, model, text } of document.page_list) {
        assert.equal(status, 'done');
        const [engines, own] = [text.includes(TITLE), text.includes(`Chapter ${number} begins here`)];
        assert.deepEqual([engines, own], model === 'scripted' ? [true, false] : [false, true], 'the half that the engine had read is gone');
      }
      const { page: last } = document.page_list.findLast(({ model }) => model === 'tesseract');
      await page.getByRole('button', { name: `Page ${last}, read`, exact: true }).click();
      await text(page, last).getByText(`Chapter ${last} begins here`).waitFor();
    });
  });
});
