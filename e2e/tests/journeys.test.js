// What people do with the page, against the real server and the embedded engine.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { accessible, choose, fitsItsWidth, footer, journey, keep, launch, text } from '../harness/browser.js';
import { LINES, pdfOfProse, image } from '../harness/fixtures.js';
import { startServer } from '../harness/server.js';

const PDF = 'application/pdf';
const ENCRYPTED = readFileSync(new URL('../../backend/testkit/fixtures/encrypted.pdf', import.meta.url));

describe('journeys', { timeout: 600_000 }, () => {
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
  const stripItem = (page, number, state) => page.getByRole('button', { name: `Page ${number}, ${state}`, exact: true });

  test('an image is chosen, read, copied, saved, and still there after a reload', async () => {
    const permissions = ['clipboard-read', 'clipboard-write'];
    await walk('image', { permissions }, async (page) => {
      await page.getByRole('button', { name: 'Try our sample' }).waitFor();
      await accessible(page);
      await keep(page, 'home-light');

      await choose(page, 'invoice.png', 'image/png', png);
      await footer(page, /^1 page read/).waitFor();
      for (const line of LINES) assert.ok((await text(page, 1).innerText()).includes(line), line);
      await page.getByRole('heading', { name: /invoice\.png/ }).waitFor();
      await imageShown(page);
      await accessible(page);
      await keep(page, 'image-light');

      await page.getByRole('button', { name: 'Export' }).click();
      await page.getByRole('button', { name: 'Copy all text' }).click();
      await page.getByText('Copied').waitFor();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      for (const line of LINES) assert.ok(copied.includes(line), line);

      await page.getByRole('button', { name: 'Export' }).click();
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Text (.txt)' }).click()]);
      assert.equal(download.suggestedFilename(), 'invoice.txt');
      assert.ok(readFileSync(await download.path(), 'utf8').includes(LINES[1]));

      assert.match(page.url(), /\/d\/[0-9a-f-]{36}$/);
      await page.reload();
      await text(page, 1).getByText(LINES[1]).waitFor();
      await imageShown(page);
    });
  });

  test('a PDF shows its pages while two of them are read at once, and each page has its own text', async () => {
    await walk('pdf', {}, async (page) => {
      await choose(page, 'chapters.pdf', PDF, pdfOfProse(8, 20));
      const strip = page.getByRole('navigation', { name: 'Pages' });
      await strip.waitFor();
      assert.equal(await strip.getByRole('listitem').count(), 8);
      await strip.getByRole('button', { name: /being read$/ }).nth(1).waitFor();
      await keep(page, 'pdf-reading-light');
      await footer(page, /^8 pages read/).waitFor();
      for (let number = 1; number <= 8; number += 1) {
        await stripItem(page, number, 'read').click();
        await text(page, number).getByText(`Chapter ${number} begins here`).waitFor();
      }
      await imageShown(page);
      await accessible(page);
      await keep(page, 'pdf-light');
    });
  });

  test('reading is stopped, what was read is kept, and the missing pages are read later', async () => {
    await walk('stop', {}, async (page) => {
      await choose(page, 'long.pdf', PDF, pdfOfProse(12, 8));
      await stripItem(page, 1, 'read').waitFor();
      await page.getByRole('button', { name: 'Stop reading' }).click();
      await footer(page, /^Stopped · [1-9]\d* of 12 pages read/).waitFor();
      await stripItem(page, 12, 'not read yet').waitFor();
      await accessible(page);
      await keep(page, 'stopped-light');

      await page.getByRole('button', { name: 'Read the missing pages' }).click();
      await footer(page, /^12 pages read/).waitFor();
      await stripItem(page, 12, 'read').click();
      await text(page, 12).getByText('Chapter 12 begins here').waitFor();

      await page.getByRole('link', { name: 'Usage' }).click();
      await page.getByRole('region', { name: 'Ledger' }).getByText('stopped').first().waitFor();
      await accessible(page);
      await keep(page, 'usage-light');
    });
  });

  test('a file that cannot be read is refused in plain words, with a way out', async () => {
    await walk('broken', {}, async (page) => {
      await choose(page, 'broken.pdf', PDF, Buffer.from('%PDF-1.7\nnothing of a PDF follows\n'));
      const alert = page.getByRole('alert').filter({ visible: true });
      await alert.getByText('This file is broken and cannot be opened').waitFor();
      await accessible(page);
      await keep(page, 'broken-light');
      await alert.getByRole('button', { name: 'Choose another file' }).click();

      await choose(page, 'letter.png', 'image/png', Buffer.from('no image at all, whatever its name says'));
      await alert.getByText('This file is neither an image nor a PDF').waitFor();
      await alert.getByRole('button', { name: 'Choose another file' }).click();
      await page.getByRole('button', { name: 'Try our sample' }).waitFor();
    });
  });

  test('an encrypted PDF asks for its password, is read, and shows its image', async () => {
    await walk('encrypted', {}, async (page) => {
      await choose(page, 'locked.pdf', PDF, ENCRYPTED);
      const alert = page.getByRole('alert').filter({ visible: true });
      const password = alert.getByLabel('Password of the PDF');
      await password.fill('a wrong one');
      await page.keyboard.press('Enter');
      await alert.getByText('This password does not open the PDF').waitFor();
      await accessible(page);
      await keep(page, 'encrypted-light');
      await password.fill('open sesame');
      await page.keyboard.press('Enter');
      await footer(page, /^\d+ pages? read/).waitFor();
      await imageShown(page);
    });
  });

  test('an image is dropped on the page, and one is pasted into it', async () => {
    await walk('drop', {}, async (page) => {
      await page.getByRole('button', { name: 'Try our sample' }).waitFor();
      for (const [kind, name] of [['drop', 'dropped.png'], ['paste', 'pasted.png']]) {
        await page.evaluate(
          ([kind, name, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([Uint8Array.from(bytes)], name, { type: 'image/png' }));
            const options = { bubbles: true, cancelable: true };
            const target = document.querySelector('main');
            if (kind === 'paste') return target.dispatchEvent(new ClipboardEvent('paste', { ...options, clipboardData: transfer }));
            for (const type of ['dragenter', 'dragover', 'drop']) target.dispatchEvent(new DragEvent(type, { ...options, dataTransfer: transfer }));
          },
          [kind, name, [...png]],
        );
        await page.getByRole('heading', { name: new RegExp(name) }).waitFor();
        await text(page, 1).getByText(LINES[1]).waitFor();
        await page.getByRole('link', { name: 'Inkstream' }).click();
        await page.getByRole('button', { name: 'Try our sample' }).waitFor();
      }
    });
  });

  test('a document is deleted from the list, and brought back', async () => {
    await walk('delete', {}, async (page) => {
      await choose(page, 'kept.png', 'image/png', png);
      await footer(page, /^1 page read/).waitFor();
      await page.getByRole('link', { name: 'Inkstream' }).click();
      const entry = page.getByRole('link', { name: /kept\.png/ });
      await entry.waitFor();
      await page.getByRole('button', { name: 'Delete kept.png' }).click();
      await entry.waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Undo' }).click();
      await entry.click();
      await text(page, 1).getByText(LINES[1]).waitFor();
    });
  });

  test('everything is done by keyboard alone, and the focus is always seen', async () => {
    await walk('keyboard', {}, async (page) => {
      await page.getByRole('button', { name: 'Try our sample' }).waitFor();
      await tabTo(page, 'Try our sample');
      await page.keyboard.press('Enter');
      await footer(page, /^1 page read/).waitFor();

      await page.keyboard.press('2');
      await page.getByRole('button', { name: 'Raw', pressed: true }).waitFor();
      await page.keyboard.press('1');
      await page.getByRole('button', { name: 'Text', exact: true, pressed: true }).waitFor();

      await page.keyboard.press('e');
      const copy = page.getByRole('button', { name: 'Copy all text' });
      await copy.waitFor();
      assert.equal(await copy.evaluate((element) => element === document.activeElement), true, 'the menu takes the focus');
      await page.keyboard.press('Escape');
      await copy.waitFor({ state: 'detached' });
      assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Export', 'and gives it back');

      await page.keyboard.press('?');
      const dialog = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
      await dialog.waitFor();
      await accessible(page);
      await page.keyboard.press('Escape');
      await dialog.waitFor({ state: 'detached' });

      await tabTo(page, 'Inkstream');
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Try our sample' }).waitFor();
    });
  });

  test('a PDF is walked through and stopped by keyboard', async () => {
    await walk('keys', {}, async (page) => {
      await choose(page, 'keys.pdf', PDF, pdfOfProse(10, 12));
      await stripItem(page, 1, 'read').waitFor();
      await page.keyboard.press('s');
      await footer(page, /^Stopped/).waitFor();
      const current = () => page.locator('[aria-current=page]').getAttribute('aria-label');
      const number = async () => Number.parseInt((await current()).slice('Page '.length), 10);
      const from = await number();
      const step = from === 10 ? ['k', -1] : ['j', 1];
      await page.keyboard.press(step[0]);
      await page.locator(`[aria-current=page][aria-label^="Page ${from + step[1]},"]`).waitFor();
    });
  });

  test('on a phone, everything fits and the image stands above the text', async () => {
    await walk('phone', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }, async (page) => {
      await page.getByRole('button', { name: 'Try our sample' }).waitFor();
      await fitsItsWidth(page);
      await accessible(page);
      await keep(page, 'home-phone');
      await choose(page, 'chapters.pdf', PDF, pdfOfProse(3, 20));
      await footer(page, /^3 pages read/).waitFor();
      await imageShown(page);
      await fitsItsWidth(page);
      await accessible(page);
      await keep(page, 'pdf-phone');
      const top = async (locator) => (await locator.boundingBox()).y;
      assert.ok((await top(page.locator('figure.page-image'))) < (await top(page.getByRole('region', { name: /^Text of page/ }))));
    });
  });

  test('in the dark, the page is dark from its first paint on and keeps its contrast', async () => {
    await walk('dark', { colorScheme: 'dark' }, async (page) => {
      await page.getByRole('button', { name: 'Try our sample' }).waitFor();
      assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor), 'rgb(19, 20, 23)');
      await accessible(page);
      await keep(page, 'home-dark');
      await choose(page, 'invoice.png', 'image/png', png);
      await footer(page, /^1 page read/).waitFor();
      await accessible(page);
      await keep(page, 'image-dark');

      await page.getByRole('button', { name: 'Theme: as the system' }).click();
      await page.getByRole('button', { name: 'Theme: light' }).waitFor();
      await page.reload();
      await page.getByRole('button', { name: 'Theme: light' }).waitFor();
      assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor), 'rgb(251, 250, 247)');
    });
  });

  test("one browser's documents are not another's", async () => {
    let address;
    await walk('mine', {}, async (page) => {
      await choose(page, 'secret.png', 'image/png', png);
      await footer(page, /^1 page read/).waitFor();
      address = new URL(page.url()).pathname;
    });
    await walk('theirs', {}, async (page) => {
      await page.getByText('Nothing yet.').waitFor();
      await page.goto(server.url + address);
      await page.getByRole('alert').filter({ visible: true }).getByText('This document is not here').waitFor();
    });
  });
});

/** Waits until the page's image has loaded. */
async function imageShown(page) {
  const shown = page.locator('figure.page-image img');
  await shown.waitFor();
  assert.ok(await shown.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)), 'the image is there');
}

/** Presses Tab until the control with this name has the focus; every stop on the way must show that it has. */
async function tabTo(page, name) {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const style = getComputedStyle(element);
      // A hidden file input shows its focus on the field around it.
      const around = element.matches('input[type=file]') ? getComputedStyle(element.closest('label')) : style;
      const seen = [style, around].some((s) => s.outlineStyle !== 'none' && Number.parseFloat(s.outlineWidth) > 0);
      return { name: element.getAttribute('aria-label') ?? element.innerText?.trim(), seen: seen || element === document.body };
    });
    assert.ok(focused.seen, `the focus is not seen on ${focused.name}`);
    if (focused.name === name) return;
  }
  assert.fail(`Tab does not reach ${name}`);
}
