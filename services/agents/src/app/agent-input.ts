import { DomainError } from '@lumo/kit';
import { MAX_NAME_CHARS, type NameRefusal, parseAgentName } from '../core/agent-name.js';
import { type CapabilityRefusal, parseCapabilities } from '../core/capabilities.js';

/** The checked name, or `validation_error`. */
export function requireName(text: string): string {
  const parsed = parseAgentName(text);
  if (!parsed.ok) throw invalid('name', nameRefusalText(parsed.error));
  return parsed.value;
}

/** The checked capabilities, or `validation_error` that names the first one that is not possible. */
export function requireCapabilities(values: readonly string[]): readonly string[] {
  const parsed = parseCapabilities(values);
  if (!parsed.ok) throw invalid('capabilities', capabilityRefusalText(parsed.error));
  return parsed.value;
}

export function noSuchAgent(): DomainError {
  return new DomainError('not_found', 'resource_not_found', 'There is no such agent.');
}

function invalid(field: string, text: string): DomainError {
  return new DomainError('invalid', 'validation_error', text, { details: { [field]: text } });
}

function nameRefusalText(refusal: NameRefusal): string {
  switch (refusal.reason) {
    case 'empty':
      return 'Give the agent a name.';
    case 'too_long':
      return `A name has at most ${MAX_NAME_CHARS} characters.`;
    case 'invisible':
      return 'A name has no line breaks and no invisible characters.';
  }
}

function capabilityRefusalText(refusal: CapabilityRefusal): string {
  switch (refusal.reason) {
    case 'malformed':
      return `"${refusal.value.slice(0, 64)}" is no capability: up to 128 letters, digits and . _ : / - without wildcards, like document.read or tool:search_web.`;
    case 'reserved':
      return `"${refusal.value}" is a scope about identity or administration; an agent cannot hold it.`;
    case 'too_many':
      return `An agent has at most ${refusal.max} capabilities.`;
    case 'too_long':
      return `The capabilities of an agent have at most ${refusal.max} characters together: they travel in every token.`;
  }
}
