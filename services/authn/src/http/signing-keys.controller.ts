import { APP, Handles, type InputOf, listBody } from '@lumo/service';
import type { SigningKey } from '@lumo/token-signing';
import { Controller, Inject } from '@nestjs/common';
import type { z } from 'zod';
import type { AuthnApp } from '../app.js';
import { signingKeyRoutes as routes, type signingKeyView } from './signing-key-routes.js';

@Controller()
export class SigningKeysController {
  constructor(@Inject(APP) private readonly app: AuthnApp) {}

  @Handles(routes.list)
  async list({ ctx, query }: InputOf<typeof routes.list>) {
    const keys = await this.app.oidc.signingKeys.list(ctx);
    const rows = keys.slice((query.page - 1) * query.limit, query.page * query.limit).map(viewSigningKey);
    return listBody('signing_keys', query, { rows, total: keys.length });
  }

  @Handles(routes.rotate)
  async rotate({ ctx, body }: InputOf<typeof routes.rotate>) {
    const { alg, atOnce } = body;
    const key = await this.app.oidc.signingKeys.rotate(ctx, { ...(alg && { alg }), atOnce });
    return { data: viewSigningKey(key), message: said(key) };
  }

  @Handles(routes.import)
  async import({ ctx, body }: InputOf<typeof routes.import>) {
    const key = await this.app.oidc.signingKeys.import(ctx, body);
    return { data: viewSigningKey(key), message: said(key) };
  }

  @Handles(routes.remove)
  async remove({ ctx, params }: InputOf<typeof routes.remove>) {
    await this.app.oidc.signingKeys.remove(ctx, params.kid);
    return { message: 'Signing key removed. What it signed is refused once verifiers read the key set again.' };
  }
}

function said({ state }: SigningKey): string {
  return state === 'next'
    ? 'The key is published. It takes over in a day, when every verifier can know it.'
    : 'The key signs now. Verifiers that hold an older key set have to read it again.';
}

function viewSigningKey(key: SigningKey): z.infer<typeof signingKeyView> {
  return {
    kid: key.kid,
    alg: key.alg,
    state: key.state,
    createdAt: key.createdAt.toISOString(),
    activatedAt: key.activatedAt?.toISOString() ?? null,
    retiredAt: key.retiredAt?.toISOString() ?? null,
    expiresAt: key.expiresAt?.toISOString() ?? null,
    publicJwk: { ...key.publicJwk },
  };
}
