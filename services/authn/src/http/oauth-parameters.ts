import { DomainError } from '@lumo/kit';
import type { FastifyRequest } from 'fastify';

/**
 * The parameters of a request to a protocol endpoint, in order and with repetitions, which the endpoints judge.
 * Form or, for the token endpoint, JSON (contract 2.4). NUL is refused: no value of the protocol contains it.
 */
export function readParameters({ body }: FastifyRequest): URLSearchParams {
  if (body instanceof URLSearchParams) return refuseNul(body);
  if (body === undefined || body === null) return new URLSearchParams();
  if (typeof body !== 'object' || Array.isArray(body))
    throw invalid('Send the parameters as a form or as a JSON object.');
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(body)) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (typeof item === 'string') parameters.append(name, item.toWellFormed());
      else if (item !== null) throw invalid(`The parameter ${name.slice(0, 64)} must be a string.`);
    }
  }
  return refuseNul(parameters);
}

/** The query as it was sent, without the question mark. */
export function readQuery({ url }: FastifyRequest): string {
  const start = url.indexOf('?');
  const query = start < 0 ? '' : url.slice(start + 1);
  refuseNul(new URLSearchParams(query));
  return query;
}

function refuseNul(parameters: URLSearchParams): URLSearchParams {
  for (const [name, value] of parameters) {
    if (name.includes('\0') || value.includes('\0')) throw invalid('A parameter contains a NUL character.');
  }
  return parameters;
}

function invalid(message: string): DomainError {
  return new DomainError('invalid', 'invalid_request', message);
}
