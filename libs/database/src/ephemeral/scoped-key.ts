import { currentContext } from '@lumo/tenancy';

/** `authn:<org id>:<key>`: namespace and org id hold no colon, so two scopes never meet in one key. */
export function scopedKey(namespace: string, key: string): string {
  return `${namespace}:${currentContext()?.org?.id ?? ''}:${key}`;
}

const NAMESPACE = /^[a-z][a-z0-9-]*$/;

/** A namespace is the name of a service: keys of one are invisible to the others. */
export function checkNamespace(namespace: string): string {
  if (!NAMESPACE.test(namespace)) throw new RangeError(`"${namespace}" is no namespace`);
  return namespace;
}

/** Whole milliseconds, at least one. */
export function ttlMilliseconds(ttlSeconds: number): number {
  if (!(ttlSeconds > 0) || !Number.isFinite(ttlSeconds)) throw new RangeError(`a lifetime of ${ttlSeconds} s`);
  return Math.max(1, Math.round(ttlSeconds * 1000));
}
