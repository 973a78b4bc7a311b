// Engines on the page, against the real server and the embedded engine: what it can do, what it is asked, what it found and where.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { accessible, choose, fitsItsWidth, footer, journey, keep, launch, text } from '../harness/browser.js';
import { LINES, pdfOfProse, image } from '../harness/fixtures.js';
import { startServer } from '../harness/server.js';

const PDF = 'application/pdf';
const PNG_SIGNATURE = '89504e470d0a1a0a';
// Markup that would run or load something if it came alive.
const HOSTILE = ['<script>document.title = "owned"</script>', '<img src=x onerror="document.title = 1">', 'The end of the page'];

describe('engines', { timeout: 600_000 }, () => {
  let server;
  let browser;
  let png;

  before(async () => {
    [server, browser] = await Promise.all([startServer({ READ_CHILDREN: '2', DECODE_CHILDREN: '2' }), launch()]);
    png = await image(browser, LINES);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const walk = (name, context, steps) => journey(browser, server.url, name, context, steps);
  const note = (page, words) => page.getByRole('status').filter({ hasText: words });

  test('only what the engine can do is offered, with its state in a word', async () => {
    await walk('picker', {}, async (page) => {
      const engines = page.getByLabel('Engine', { exact: true });
      await engines.waitFor();
      assert.deepEqual(await engines.locator('option').allInnerTexts(), [
        'embedded',
        'ppocr (Latin, Chinese, Japanese) · ready',
        'tesseract (faster, all scripts) · ready',
      ]);
      await page.locator('#engine-standing').getByText('ready').waitFor();
      assert.deepEqual(await page.getByLabel('Task').locator('option').allInnerTexts(), ['Plain text', 'Markdown', 'Text with places', 'Find on the page']);
      await page.getByRole('button', { name: /^Language:/ }).waitFor();
      assert.equal(await page.getByLabel('Look for').count(), 0, 'there is nothing to look for yet');
      await page.getByText('More', { exact: true }).click();
      await page.getByRole('switch', { name: /own text where it is sound/ }).waitFor();
      for (const absent of ['Prompt', 'Size']) assert.equal(await page.getByLabel(absent, { exact: true }).count(), 0, absent);
      await page.getByLabel('Task').selectOption('locate');
      await page.getByLabel('Look for').waitFor();
      await accessible(page);
      await keep(page, 'picker-light');
    });
  });

  test('a reference is asked for, found, marked on the image, and the marked image is looked at and saved', async () => {
    await walk('locate', {}, async (page) => {
      await page.getByLabel('Task').selectOption('locate');
      await choose(page, 'invoice.png', 'image/png', png);
      await page.getByText('Write what to look for, then choose the file again').waitFor();
      const reference = page.getByLabel('Look for');
      assert.equal(await reference.evaluate((field) => field === document.activeElement), true, 'the field has the focus');
      await reference.fill('quartz jugs');
      await choose(page, 'invoice.png', 'image/png', png);
      await footer(page, /^1 page read/).waitFor();

      await note(page, '“quartz jugs” is marked on the image.').waitFor();
      const box = page.locator('.box.is-reference');
      await box.first().waitFor();
      const { width, height } = await box.first().boundingBox();
      assert.ok(width > height && height > 4, `the box is ${width} × ${height}`);
      await text(page, 1).getByText('quartz jugs').waitFor();
      await accessible(page);
      await keep(page, 'locate-light');

      await page.getByRole('button', { name: 'Details of page 1' }).click();
      await page.getByRole('button', { name: 'See the image with its boxes' }).click();
      const dialog = page.getByRole('dialog', { name: 'Page 1 with its boxes' });
      const shown = dialog.getByRole('img', { name: 'Page 1 with its boxes' });
      await shown.waitFor();
      assert.ok(await shown.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)), 'the image is there');
      await accessible(page);
      await keep(page, 'annotated-light');
      const [saved] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: 'Save' }).click()]);
      assert.equal(saved.suggestedFilename(), 'invoice-page-1-boxes.png');
      assert.equal(readFileSync(await saved.path()).subarray(0, 8).toString('hex'), PNG_SIGNATURE);
      await dialog.getByRole('button', { name: 'Close' }).click();
      await dialog.waitFor({ state: 'detached' });
      const opener = page.getByRole('button', { name: 'Details of page 1' });
      assert.equal(await opener.evaluate((button) => button === document.activeElement), true, 'the focus is back');

      await page.getByRole('button', { name: 'Export' }).click();
      const image = page.getByRole('button', { name: 'Image with boxes (.png)' });
      const [exported] = await Promise.all([page.waitForEvent('download'), image.click()]);
      assert.equal(exported.suggestedFilename(), 'invoice-page-1-boxes.png');
      await page.reload();
      await note(page, /^\d+ places? found: marked on the image\./).waitFor();
    });
  });

  test('what is not there is said plainly, and the document is read again for its text', async () => {
    await walk('not-found', {}, async (page) => {
      await page.getByLabel('Task').selectOption('locate');
      await page.getByLabel('Look for').fill('zeppelin');
      await choose(page, 'invoice.png', 'image/png', png);
      await footer(page, /^1 page read/).waitFor();
      await note(page, '“zeppelin” was not found on this page.').waitFor();
      assert.equal(await page.locator('.box.is-reference').count(), 0);
      await accessible(page);
      await page.reload();
      await note(page, 'What was looked for was not found on this page.').waitFor();
      assert.equal(await page.getByText('No text was found').count(), 0);

      await page.getByRole('button', { name: /^Engine and options/ }).click();
      await page.getByLabel('Task').selectOption('text');
      await accessible(page);
      await keep(page, 'again-light');
      await page.getByRole('button', { name: 'Read it again' }).click();
      await text(page, 1).getByText(LINES[1]).waitFor();
      await footer(page, /^1 page read/).waitFor();
      await note(page, 'zeppelin').waitFor({ state: 'detached' });
    });
  });

  test('pages that the document does not have are asked for again, in their field', async () => {
    await walk('no-such-pages', {}, async (page) => {
      await page.getByLabel('Pages').fill('9-12');
      await choose(page, 'chapters.pdf', PDF, pdfOfProse(3, 20));
      await page.getByRole('alert').getByText('The document has no such pages').waitFor();
      await page.getByRole('button', { name: 'Choose other pages' }).click();
      const pages = page.locator('[aria-describedby=pages-hint]');
      await page.waitForFunction(() => document.activeElement?.getAttribute('aria-describedby') === 'pages-hint');
      assert.equal(await pages.inputValue(), '9-12');
      await accessible(page);
      await pages.fill('2');
      await page.getByRole('button', { name: 'Read pages 2' }).click();
      await footer(page, /^1 page read/).waitFor();
      await text(page, 2).getByText('Chapter 2').waitFor();
    });
  });

  test('boxes are shown by key, a line and its box highlight each other, and the keyboard walks along the lines', async () => {
    await walk('boxes', {}, async (page) => {
      await choose(page, 'invoice.png', 'image/png', png);
      await footer(page, /^1 page read/).waitFor();
      const toggle = page.getByRole('button', { name: 'Boxes', exact: true });
      await toggle.waitFor();
      assert.equal(await toggle.getAttribute('aria-pressed'), 'false');
      await page.keyboard.press('b');
      await page.locator('.boxes.is-shown').waitFor();
      assert.equal(await toggle.getAttribute('aria-pressed'), 'true');
      assert.equal(await page.locator('.box.is-word').count(), 0, 'there are lines: words are not drawn');
      await keep(page, 'boxes-light');

      const piece = text(page, 1).locator('.linked').filter({ hasText: LINES[1] });
      await piece.hover();
      const highlighted = page.locator('.box.is-highlighted');
      await highlighted.waitFor();
      assert.equal(await highlighted.getAttribute('data-region'), await piece.getAttribute('data-region'));
      await keep(page, 'boxes-highlight-light');

      const last = text(page, 1).locator('.linked').filter({ hasText: LINES[2] });
      await page.locator(`.box[data-region="${await last.getAttribute('data-region')}"]`).hover();
      await text(page, 1).locator('.linked.is-highlighted').filter({ hasText: LINES[2] }).waitFor();

      await page.mouse.move(0, 0);
      await page.locator('.is-highlighted').first().waitFor({ state: 'detached' });
      await text(page, 1).locator('.linked').first().focus();
      await page.keyboard.press('ArrowDown');
      await text(page, 1).locator('.linked.is-highlighted').filter({ hasText: LINES[1] }).waitFor();
      await accessible(page);

      await page.keyboard.press('b');
      await page.locator('.boxes.is-shown').waitFor({ state: 'detached' });
      await page.reload();
      await page.locator('.box.is-line').first().waitFor({ state: 'attached' });
    });
  });

  test("a PDF's other pages say what they do not have, and the first that has it is shown", async () => {
    await walk('locate-pdf', {}, async (page) => {
      await page.getByLabel('Task').selectOption('locate');
      await page.getByLabel('Look for').fill('Chapter 2');
      await choose(page, 'chapters.pdf', PDF, pdfOfProse(3, 20));
      await footer(page, /^3 pages read/).waitFor();
      await page.getByRole('button', { name: 'Page 2, read', exact: true }).and(page.locator('[aria-current=page]')).waitFor();
      await page.locator('.box.is-reference').first().waitFor();
      await page.getByRole('button', { name: 'Page 3, read', exact: true }).click();
      await note(page, '“Chapter 2” was not found on this page.').waitFor();
    });
  });

  test("markup on a page is text on the screen and never a part of it", async () => {
    await walk('hostile', {}, async (page) => {
      await choose(page, 'hostile.png', 'image/png', await image(browser, HOSTILE));
      await footer(page, /^1 page read/).waitFor();
      await text(page, 1).getByText(HOSTILE[2]).waitFor();
      assert.match(await text(page, 1).innerText(), /script/);
      for (const view of ['2', '3', '1']) {
        await page.keyboard.press(view);
        assert.equal(await text(page, 1).locator('script, img, iframe, svg, a').count(), 0);
      }
      assert.match(await page.title(), /^hostile\.png/);
    });
  });

  test('on a phone and in the dark, choices, boxes and notes fit and keep their contrast', async () => {
    const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, colorScheme: 'dark' };
    await walk('engines-phone', phone, async (page) => {
      await page.getByLabel('Task').selectOption('locate');
      await page.getByLabel('Look for').fill('quartz');
      await fitsItsWidth(page);
      await accessible(page);
      await keep(page, 'picker-phone-dark');
      await choose(page, 'invoice.png', 'image/png', png);
      await footer(page, /^1 page read/).waitFor();
      await page.locator('.box.is-reference').first().waitFor();
      await page.getByRole('button', { name: 'Boxes', exact: true }).click();
      await fitsItsWidth(page);
      await accessible(page);
      await keep(page, 'locate-phone-dark');
      await page.getByRole('button', { name: /^Engine and options/ }).click();
      await fitsItsWidth(page);
      await accessible(page);
      await keep(page, 'again-phone-dark');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'Details of page 1' }).click();
      await fitsItsWidth(page);
      await accessible(page);
      await keep(page, 'details-phone-dark');
    });
  });
});
