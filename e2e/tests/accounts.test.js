// Accounts: what people do with them, against the real server, database and engine.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { accessible, choose, fitsItsWidth, journey, keep, launch } from '../harness/browser.js';
import { image } from '../harness/fixtures.js';
import { temporaryFolder } from '../harness/process.js';
import { startServer } from '../harness/server.js';

const run = promisify(execFile);
const PASSWORD = 'correct horse battery';
const LINE = 'Seven quartz jugs for the wizards';
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };

describe('accounts', { timeout: 600_000 }, () => {
  let server;
  let browser;
  let png;

  before(async () => {
    const settings = { AUTH_ENABLED: 'true', BOOTSTRAP_USER: 'root', BOOTSTRAP_PASS: PASSWORD, READ_CHILDREN: '2' };
    [server, browser] = await Promise.all([startServer(settings), launch()]);
    png = await image(browser, ['Invoice 2041', LINE]);
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
  });

  const walk = (name, context, steps) => journey(browser, server.url, name, context, steps);
  const heading = (page, name) => page.getByRole('heading', { name, exact: true, level: 1 });

  async function fill(page, name, password) {
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByLabel('Password', { exact: true }).fill(password);
  }

  async function register(page, name) {
    await page.getByRole('link', { name: 'Create an account' }).click();
    await heading(page, 'Create an account').waitFor();
    await fill(page, name, PASSWORD);
    await page.getByRole('button', { name: 'Create account' }).click();
    await page.getByRole('button', { name: 'Try our sample' }).waitFor();
  }

  async function signIn(page, name, password = PASSWORD) {
    await heading(page, 'Sign in').waitFor();
    await fill(page, name, password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  }

  async function open(page, entry) {
    await page.getByRole('button', { name: /^Account/ }).click();
    await page.getByRole('link', { name: entry, exact: true }).click();
  }

  async function read(page, name) {
    await choose(page, name, 'image/png', png);
    await page.locator('.progress-line').filter({ hasText: /^1 page read/ }).waitFor();
    await page.getByRole('region', { name: 'Text of page 1', exact: true }).getByText(LINE).waitFor();
  }

  test('a stranger registers, reads an image, sees it on the meter, makes a key, uses it with curl, signs out and is refused', async () => {
    const folder = temporaryFolder('curl');
    await walk('account', {}, async (page) => {
      await heading(page, 'Sign in').waitFor();
      await accessible(page);
      await keep(page, 'sign-in-light');
      await register(page, 'Ada');

      await read(page, 'invoice.png');
      const shown = page.locator('figure.page-image img');
      await shown.waitFor();
      assert.ok(await shown.evaluate((image) => image.decode().then(() => image.naturalWidth > 0)), 'the image came by its signed address');

      await page.getByRole('link', { name: 'Usage', exact: true }).click();
      await heading(page, 'Usage').waitFor();
      await page.getByRole('region', { name: 'Ledger' }).getByText('embedded').first().waitFor();
      await accessible(page);
      await keep(page, 'usage-account-light');
      const [csv] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download CSV' }).click()]);
      assert.match(csv.suggestedFilename(), /\.csv$/);

      await open(page, 'API keys');
      await heading(page, 'API keys').waitFor();
      await page.getByLabel('Name', { exact: true }).fill('laptop');
      await page.getByRole('button', { name: 'Make key' }).click();
      await page.getByRole('heading', { name: /Your new key/ }).waitFor();
      const key = await page.getByRole('region', { name: 'key', exact: true }).innerText();
      assert.match(key, /^ink_[1-9A-HJ-NP-Za-km-z]{40,}$/);
      const command = await page.getByRole('region', { name: 'command', exact: true }).innerText();
      assert.ok(command.includes(key) && command.includes('/api/ocr/image'), command);
      await accessible(page);
      await keep(page, 'keys-made-light');

      const file = join(folder.path, 'page.png');
      writeFileSync(file, png);
      const curl = (...more) => run('curl', ['-sN', ...more, '-F', `file=@${file}`, `${server.url}/api/ocr/image`]);
      const { stdout } = await curl('-H', `Authorization: Bearer ${key}`);
      const events = stdout.trim().split('\n').map((line) => JSON.parse(line));
      assert.deepEqual([events[0].type, events.at(-1).type], ['start', 'end']);
      assert.ok(events.map((event) => event.delta ?? '').join('').includes(LINE));
      assert.equal(JSON.parse((await curl()).stdout).code, 'unauthorized');

      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('button', { name: 'Revoke laptop' }).click();
      await page.getByRole('button', { name: 'Undo' }).click();
      await page.getByRole('button', { name: 'Revoke laptop' }).waitFor();

      await open(page, 'Account');
      await heading(page, 'Account').waitFor();
      await accessible(page);
      await keep(page, 'account-light');
      await page.locator('main').getByRole('button', { name: 'Sign out' }).click();
      await heading(page, 'Sign in').waitFor();
      await page.goto(`${server.url}/usage`);
      await heading(page, 'Sign in').waitFor();
      await signIn(page, 'ada', 'a wrong password');
      await page.getByText('The name or the password is wrong.').waitFor();
      await accessible(page);
      await keep(page, 'sign-in-wrong-light');
      await signIn(page, 'ada');
      await heading(page, 'Usage').waitFor();
    });
    folder.remove();
  });

  test('a reload keeps the session, two tabs share it, and signing out in one is signing out in both', async () => {
    await walk('tabs', {}, async (page) => {
      await register(page, 'eve');
      await page.reload();
      await page.getByRole('button', { name: 'Try our sample' }).waitFor();
      const other = await page.context().newPage();
      await Promise.all([page.reload(), other.goto(server.url)]);
      await page.getByRole('button', { name: 'Try our sample' }).waitFor();
      await other.getByRole('button', { name: 'Try our sample' }).waitFor();
      const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]));
      assert.doesNotMatch(stored, /eyJ|inkstream_refresh/, 'no token lies where a script could read it');
      await open(page, 'Account');
      await page.locator('main').getByRole('button', { name: 'Sign out' }).click();
      await heading(page, 'Sign in').waitFor();
      await heading(other, 'Sign in').waitFor();
    });
  });

  test('an admin sees users, sets a quota that then holds, and reads the audit trail', async () => {
    await walk('admin', {}, async (page) => {
      await register(page, 'bob');
      await open(page, 'Account');
      await page.locator('main').getByRole('button', { name: 'Sign out' }).click();
      await signIn(page, 'root');
      await page.getByRole('button', { name: 'Try our sample' }).waitFor();
      await open(page, 'Admin');
      const row = page.getByRole('row', { name: /^bob/ });
      await row.waitFor();
      await accessible(page);
      await keep(page, 'admin-users-light');
      await page.getByRole('button', { name: 'Quotas of bob' }).click();
      const quotas = page.getByRole('form', { name: 'Quotas of bob' });
      await quotas.getByLabel('Pages a month, rule').selectOption('limit');
      await quotas.getByLabel('Pages a month, at most').fill('0');
      await quotas.getByRole('button', { name: 'Save quotas' }).click();
      await row.getByText('0 / 0').waitFor();
      for (const [part, title] of [['Usage', 'Usage of all'], ['Engines', 'Engines'], ['Audit trail', 'Audit trail']]) {
        await page.getByRole('navigation', { name: 'Admin' }).getByRole('link', { name: part }).click();
        await page.getByRole('heading', { name: title, exact: true }).waitFor();
        await accessible(page);
        await keep(page, `admin-${part.toLowerCase().replace(' ', '-')}-light`);
      }
      await open(page, 'Account');
      await page.locator('main').getByRole('button', { name: 'Sign out' }).click();
      await signIn(page, 'bob');
      await page.getByRole('button', { name: 'Try our sample' }).click();
      await page.getByRole('alert').filter({ visible: true }).getByText("This month's quota is used up").waitFor();
      await accessible(page);
      await keep(page, 'quota-light');
    });
  });

  test('a password is changed without leaving, and an account deleted with what it owns', async () => {
    await walk('leave', {}, async (page) => {
      await register(page, 'mallory');
      await read(page, 'mine.png');
      await open(page, 'Account');
      await page.getByLabel('Current password', { exact: true }).fill(PASSWORD);
      await page.getByLabel('New password', { exact: true }).fill('another long secret');
      await page.getByRole('button', { name: 'Change password' }).click();
      await page.getByText('The password is changed').first().waitFor();
      await page.getByText('Delete this account and everything it owns').click();
      const farewell = page.getByRole('region', { name: 'Delete account' });
      await farewell.getByLabel('Password', { exact: true }).fill('another long secret');
      await farewell.getByRole('button', { name: 'Delete account' }).click();
      await heading(page, 'Sign in').waitFor();
      await signIn(page, 'mallory', 'another long secret');
      await page.getByText('The name or the password is wrong.').waitFor();
    });
  });

  test('on a phone and in the dark, the pages of an account fit and keep their contrast', async () => {
    await walk('account-phone', { ...PHONE, colorScheme: 'dark' }, async (page) => {
      await heading(page, 'Sign in').waitFor();
      await fitsItsWidth(page);
      await accessible(page);
      await keep(page, 'sign-in-phone-dark');
      await signIn(page, 'root');
      await page.getByRole('button', { name: 'Try our sample' }).waitFor();
      for (const [entry, title] of [['Account', 'Account'], ['API keys', 'API keys'], ['Usage', 'Usage'], ['Admin', 'Users']]) {
        await open(page, entry);
        await page.getByRole('heading', { name: title, exact: true }).first().waitFor();
        await page.locator('.skeleton').first().waitFor({ state: 'detached' });
        await fitsItsWidth(page);
        await accessible(page);
        await keep(page, `${entry.toLowerCase().replace(' ', '-')}-phone-dark`);
      }
    });
  });
});

describe('without accounts', { timeout: 600_000 }, () => {
  test('where strangers are let in, the page is there at once and offers to sign in', async () => {
    const settings = { AUTH_ENABLED: 'true', ANONYMOUS_ALLOWED: 'true' };
    const [server, browser] = await Promise.all([startServer(settings), launch()]);
    try {
      await journey(browser, server.url, 'stranger', {}, async (page) => {
        await page.getByRole('button', { name: 'Try our sample' }).click();
        await page.locator('.progress-line').filter({ hasText: /^1 page read/ }).waitFor();
        await page.getByRole('link', { name: 'Sign in' }).click();
        await page.getByRole('heading', { name: 'Sign in', level: 1 }).waitFor();
      });
    } finally {
      await browser.close();
      await server.stop();
    }
  });

  test("the API's page authorizes with a name and a password", async () => {
    const settings = { AUTH_ENABLED: 'true', BOOTSTRAP_USER: 'root', BOOTSTRAP_PASS: PASSWORD };
    const [server, browser] = await Promise.all([startServer(settings), launch()]);
    try {
      await journey(browser, server.url, 'docs', {}, async (page) => {
        await page.goto(`${server.url}/docs`);
        await page.getByRole('button', { name: 'Authorize' }).first().click();
        await page.locator('#oauth_username').fill('root');
        await page.locator('#oauth_password').fill(PASSWORD);
        await page.locator('.auth-container').filter({ has: page.locator('#oauth_username') }).getByRole('button', { name: /Authorize|Apply/ }).click();
        await page.getByRole('button', { name: 'Logout' }).first().waitFor();
        await keep(page, 'docs-authorized');
      });
    } finally {
      await browser.close();
      await server.stop();
    }
  });
});
