// Chromium, and a journey in it: a fresh context that fails on anything that a person would see in the console.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { AxeBuilder } from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const RESULTS = resolve(import.meta.dirname, '../results');
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

/** How long anything on the page may take. */
const PATIENCE = 60_000;

/** Debian's Chromium. */
export function launch() {
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
}

/** Runs `steps(page)` on the app at `url`. `context` is Playwright's (viewport, colorScheme …). */
export async function journey(browser, url, name, context, steps) {
  mkdirSync(RESULTS, { recursive: true });
  const opened = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', ...context });
  opened.setDefaultTimeout(PATIENCE);
  const page = await opened.newPage();
  const trouble = [];
  page.on('pageerror', (error) => trouble.push(`error: ${error.message}`));
  // A refused request is an answer that the page shows; what it says of itself is not.
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) trouble.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const to = new URL(request.url());
    if (to.origin !== new URL(url).origin && !['data:', 'blob:'].includes(to.protocol)) trouble.push(`a request to ${to.origin}`);
  });
  try {
    await page.goto(url);
    await steps(page);
    assert.deepEqual(trouble, []);
  } catch (error) {
    await page.screenshot({ path: resolve(RESULTS, `${name}-failed.png`) }).catch(() => {});
    if (trouble.length) error.message += `\nthe page also had: ${trouble.join('; ')}`;
    throw error;
  } finally {
    await opened.close();
  }
}

/** Keeps an image of the page in e2e/results. */
export function keep(page, name) {
  return page.screenshot({ path: resolve(RESULTS, `${name}.png`) });
}

/** Keeps images of the page while `scrolled` is scrolled from its begin to its end. */
export async function keepAll(page, scrolled, name) {
  const steps = await scrolled.evaluate((pane) => Math.ceil(pane.scrollHeight / pane.clientHeight));
  for (let step = 0; step < steps; step += 1) {
    await scrolled.evaluate((pane, step) => pane.scrollTo(0, step * pane.clientHeight), step);
    await keep(page, `${name}-${step + 1}`);
  }
}

/** Fails on every violation that axe finds on the page as it is now. */
export async function accessible(page) {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map((node) => node.target.join(' ')).join('\n    ')}`);
  assert.deepEqual(found, []);
}

/** Fails if the page can be scrolled sideways. */
export async function fitsItsWidth(page) {
  const { content, window } = await page.evaluate(() => ({ content: document.documentElement.scrollWidth, window: innerWidth }));
  assert.ok(content <= window, `${content} px in a window of ${window} px`);
}

/** Chooses a file as a person does, through the page's own control. */
export function choose(page, name, mimeType, buffer) {
  return page.getByLabel('Choose a file').setInputFiles({ name, mimeType, buffer });
}

/** The text of a page of the document. */
export const text = (page, number) => page.getByRole('region', { name: `Text of page ${number}`, exact: true });

/** The line below the document, if it has these words. */
export const footer = (page, words) => page.locator('.progress-line').filter({ hasText: words });
