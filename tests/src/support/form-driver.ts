import assert from 'node:assert/strict';
import { type HTMLElement, parse } from 'node-html-parser';
import { createCookieJar, type StoredCookie } from './cookie-jar.js';
import type { Http } from './http.js';

/** A hosted page as a browser without JavaScript sees it. */
export interface Page {
  readonly status: number;
  readonly url: string;
  readonly headers: Headers;
  readonly document: HTMLElement;
  /** Visible words, one space between them. */
  readonly text: string;
}

/** Where a browser ends up: on a page of the platform, or at an address of somebody else. */
export type Stop = { readonly kind: 'page'; readonly page: Page } | { readonly kind: 'left'; readonly url: URL };

/** A browser without JavaScript: cookies, redirects, `meta refresh`, forms. */
export interface FormDriver {
  open(url: string): Promise<Stop>;
  /**
   * Fills the only form of the page, or the first that goes to `action`, and presses a button of it (`name=value`, or none for
   * the Enter key).
   */
  submit(
    page: Page,
    fields: Readonly<Record<string, string>>,
    button?: readonly [string, string],
    action?: string,
  ): Promise<Stop>;
  /** Posts exactly these fields to where the page's form goes: what an attacker's page could do. */
  forge(page: Page, fields: Readonly<Record<string, string>>): Promise<Stop>;
  cookies(): readonly StoredCookie[];
  /** Every answer on the way, for assertions about redirects. */
  readonly trail: readonly { readonly method: string; readonly url: string; readonly status: number }[];
}

interface Step {
  readonly method: string;
  readonly url: string;
  readonly form?: URLSearchParams;
}

const MAX_STEPS = 12;

export function createFormDriver(http: Http): FormDriver {
  const jar = createCookieJar();
  const trail: { method: string; url: string; status: number }[] = [];

  async function go(first: Step): Promise<Stop> {
    let next = first;
    for (let step = 0; step < MAX_STEPS; step++) {
      const { method, form }: Step = next;
      const url = new URL(next.url, http.baseUrl);
      if (url.origin !== new URL(http.baseUrl).origin) return { kind: 'left', url };
      const cookie = jar.header(url.pathname);
      const answer = await http.send(method, url.href, {
        headers: { accept: 'text/html', ...(cookie && { cookie }) },
        ...(form && { form }),
      });
      jar.store(answer.headers, url.pathname);
      trail.push({ method, url: url.href, status: answer.status });
      const location = answer.headers.get('location');
      if (location !== null && answer.status >= 300 && answer.status < 400) {
        const repeats = answer.status === 307 || answer.status === 308;
        next = { method: repeats ? method : 'GET', url: new URL(location, url).href, ...(repeats && form && { form }) };
        continue;
      }
      const page = pageOf(answer.status, url.href, answer.headers, answer.text);
      const onward = refreshTarget(page);
      if (onward === undefined) return { kind: 'page', page };
      next = { method: 'GET', url: new URL(onward, url).href };
    }
    throw new assert.AssertionError({ message: `no page after ${MAX_STEPS} steps: ${JSON.stringify(trail)}` });
  }

  return {
    open: (url) => go({ method: 'GET', url }),
    submit(page, fields, button, action) {
      const form = action === undefined ? onlyForm(page) : formTo(page, action);
      const values = new URLSearchParams();
      for (const input of form.querySelectorAll('input')) {
        const name = input.getAttribute('name');
        if (name) values.set(name, input.getAttribute('value') ?? '');
      }
      for (const [name, value] of Object.entries(fields)) {
        assert.ok(values.has(name), `the form has no field ${name}`);
        values.set(name, value);
      }
      if (button) {
        const [name, value] = button;
        const found = form
          .querySelectorAll('button')
          .some((b) => b.getAttribute('name') === name && b.getAttribute('value') === value);
        assert.ok(found, `the form has no button ${name}=${value}`);
        values.set(name, value);
      }
      return go({ method: 'POST', url: actionOf(page, form), form: values });
    },
    forge: (page, fields) =>
      go({ method: 'POST', url: actionOf(page, onlyForm(page)), form: new URLSearchParams(fields) }),
    cookies: jar.all,
    trail,
  };
}

/** The page where the browser stopped; fails where it left the platform. */
export function pageAt(stop: Stop): Page {
  assert.ok(stop.kind === 'page', `the browser left to ${stop.kind === 'left' ? stop.url : ''}`);
  return stop.page;
}

/** The address the browser was sent to; fails with the words of the page where it stayed. */
export function addressAt(stop: Stop): URL {
  assert.ok(
    stop.kind === 'left',
    `still on the page: ${stop.kind === 'page' ? `${stop.page.url} ${stop.page.text}` : ''}`,
  );
  return stop.url;
}

export function pageOf(status: number, url: string, headers: Headers, html: string): Page {
  const document = parse(html);
  const visible = document.querySelector('body') ?? document;
  return { status, url, headers, document, text: visible.textContent.replace(/\s+/g, ' ').trim() };
}

function formTo(page: Page, action: string): HTMLElement {
  const form = page.document.querySelectorAll('form').find((found) => found.getAttribute('action') === action);
  assert.ok(form, `the page has a form to ${action}`);
  return form;
}

function onlyForm(page: Page): HTMLElement {
  const forms = page.document.querySelectorAll('form');
  assert.equal(forms.length, 1, `the page at ${page.url} has one form: ${page.text}`);
  const [form] = forms;
  assert.ok(form);
  assert.equal(form.getAttribute('method')?.toLowerCase(), 'post');
  return form;
}

function actionOf(page: Page, form: HTMLElement): string {
  return new URL(decode(form.getAttribute('action') ?? ''), page.url).href;
}

function refreshTarget(page: Page): string | undefined {
  const content = page.document.querySelector('meta[http-equiv=refresh]')?.getAttribute('content');
  const url = content === undefined ? undefined : /^\s*0\s*;\s*url=(.*)$/i.exec(content)?.[1];
  return url === undefined ? undefined : decode(url);
}

function decode(text: string): string {
  return text.replaceAll('&amp;', '&');
}
