import type { IncomingMessage } from 'node:http';
import { type Refusal, RequestRefused } from '../core/refusal.js';
import { answerDocument } from '../server/answer.js';
import type { GatewayResponse } from '../server/gateway-response.js';
import type { RequestHead } from '../server/request-head.js';

/** A document of the gateway's own. */
export interface OwnDocument {
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** Answers the rows of the table that go to the gateway itself. */
export type AnswerOwn = (head: RequestHead, request: IncomingMessage, response: GatewayResponse) => Promise<void>;

/** `documents`: what stands at each exact path. */
export function createSurface(documents: Readonly<Record<string, () => Promise<OwnDocument>>>): AnswerOwn {
  return async (head, _request, response) => {
    const mark = head.url.indexOf('?');
    const path = mark < 0 ? head.url : head.url.slice(0, mark);
    const document = Object.hasOwn(documents, path) ? documents[path] : undefined;
    if (!document) throw new RequestRefused(NO_DOCUMENT);
    if (head.method !== 'GET' && head.method !== 'HEAD') throw new RequestRefused(READ_ONLY);
    answerDocument(response, await document());
  };
}

const NO_DOCUMENT: Refusal = { status: 404, code: 'resource_not_found', message: 'There is no such document.' };
const READ_ONLY: Refusal = {
  status: 405,
  code: 'method_not_allowed',
  message: 'This can only be read.',
  headers: { Allow: 'GET, HEAD' },
};
