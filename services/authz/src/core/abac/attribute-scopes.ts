import type { AttributeBag } from './attribute-value.js';
import { canonicalName } from './built-in-attributes.js';
import type { AttributeScopes } from './compile-condition.js';

/** Where the attributes of one question come from. */
export interface AttributeSources {
  /** Whether the caller may describe the world: it may ask about others, as an application's server does. */
  readonly isTrusted: boolean;
  readonly user: {
    /** The directory, roles and permissions. */
    readonly facts: AttributeBag;
    readonly stored: AttributeBag;
    readonly request: AttributeBag;
  };
  readonly resource: { readonly facts: AttributeBag; readonly stored: AttributeBag; readonly request: AttributeBag };
  readonly environment: { readonly facts: AttributeBag; readonly request: AttributeBag };
  readonly action: AttributeBag;
}

/**
 * Decides which source counts where several have an attribute.
 *
 * A caller that is trusted to ask about others is the application itself: what it sends is newer than what was stored,
 * and it knows the address and the risk of its visitor, which the server cannot. Nobody can send another id, role or
 * verification than the directory has. A caller that asks only for itself could gain by lying: what it sends about
 * itself is ignored, and about a resource or the environment it only adds what is not known.
 */
export function attributeScopes({ isTrusted, user, resource, environment, action }: AttributeSources): AttributeScopes {
  const [userRequest, resourceRequest, environmentRequest] = [
    renamed('user', user.request),
    renamed('resource', resource.request),
    renamed('environment', environment.request),
  ];
  return isTrusted
    ? {
        user: { ...user.stored, ...userRequest, ...user.facts },
        resource: { ...resource.stored, ...resourceRequest, ...resource.facts },
        environment: { ...environment.facts, ...environmentRequest },
        action,
      }
    : {
        user: { ...user.stored, ...user.facts },
        resource: { ...resourceRequest, ...resource.stored, ...resource.facts },
        environment: { ...environmentRequest, ...environment.facts },
        action,
      };
}

/** Requests may spell `ip_address` where conditions read `ip`; the canonical spelling counts where both are sent. */
function renamed(root: 'user' | 'resource' | 'environment', bag: AttributeBag): AttributeBag {
  const names = Object.keys(bag);
  if (names.every((name) => canonicalName(root, name) === name)) return bag;
  const result: Record<string, AttributeBag[string]> = {};
  for (const name of names) {
    const canonical = canonicalName(root, name);
    if (canonical === name || !Object.hasOwn(bag, canonical)) result[canonical] = bag[name] ?? null;
  }
  return result;
}
