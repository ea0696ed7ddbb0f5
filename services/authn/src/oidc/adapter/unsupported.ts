import type { Adapter } from 'oidc-provider';

/** An adapter on which every call is a bug: what a model really needs is spread over it. */
export function unsupported(model: string): Adapter {
  const refuse = (method: string) => () => {
    throw new Error(`oidc-provider called ${model}.${method}, which is not configured`);
  };
  return {
    upsert: refuse('upsert'),
    find: refuse('find'),
    findByUserCode: refuse('findByUserCode'),
    findByUid: refuse('findByUid'),
    consume: refuse('consume'),
    destroy: refuse('destroy'),
    revokeByGrantId: refuse('revokeByGrantId'),
  };
}
