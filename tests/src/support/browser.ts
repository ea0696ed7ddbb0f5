import assert from 'node:assert/strict';
import { type Browser, type BrowserContextOptions, chromium, type Page, type Response } from 'playwright-core';
import { TEST_PROGRAMS } from '../runner/programs.js';
import { findInstalled } from './find-installed.js';

/** A window with cookies of its own. */
export interface BrowserWindow {
  readonly page: Page;
  /** What the console has complained about so far, which is where the browser reports violations of a policy. */
  readonly complaints: readonly string[];
  /** The answer that the shown document came with. */
  document(): Response;
  close(): Promise<void>;
}

/** Only this machine: a page that wants anything from elsewhere does not get it. */
const NO_NETWORK = '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1';

/** The program of the browser; undefined where none is installed. */
export function findBrowser(): Promise<string | undefined> {
  return findInstalled(TEST_PROGRAMS.chromium.commands);
}

export function startBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    // The sandbox of the browser cannot be had as root, or in most containers; it opens pages of ours only.
    chromiumSandbox: false,
    args: ['--disable-gpu', '--disable-quic', NO_NETWORK],
  });
}

export async function openWindow(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserWindow> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const documents = new Set<string>();
  let shown: Response | undefined;

  page.on('response', (response) => {
    const request = response.request();
    if (!request.isNavigationRequest() || request.frame() !== page.mainFrame()) return;
    documents.add(response.url());
    if (response.status() < 300 || response.status() >= 400) shown = response;
  });
  page.on('console', (message) => {
    const { url } = message.location();
    // The browser says so whenever a page comes with a status of 400 or above, as a page about an error should.
    const isStatusOfPage = documents.has(url) && message.text().startsWith('Failed to load resource');
    const isBad = message.type() === 'error' || message.type() === 'warning';
    if (isBad && !isStatusOfPage) complaints.push(`${message.text()} (${url})`);
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('requestfailed', (request) => {
    complaints.push(`${request.url()}: ${request.failure()?.errorText ?? 'failed'}`);
  });

  return {
    page,
    complaints,
    document() {
      assert.ok(shown, 'the window has shown a page');
      return shown;
    },
    close: () => context.close(),
  };
}
