import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { browserOrigins, type ClientDraft, changeClient, draftClient } from './client-registration.js';

const redirectUris = ['https://app.example/cb'];

describe('a new client', () => {
  const defaults: readonly [draft: Partial<ClientDraft>, expected: object][] = [
    [
      { redirectUris },
      {
        applicationType: 'web',
        tokenEndpointAuthMethod: 'client_secret_basic',
        grantTypes: ['authorization_code', 'refresh_token'],
        scopes: ['openid', 'profile', 'email', 'offline_access'],
        requiresPkce: true,
        isActive: true,
      },
    ],
    [
      { applicationType: 'spa', redirectUris },
      { tokenEndpointAuthMethod: 'none', requiresPkce: true },
    ],
    [{ applicationType: 'native', redirectUris: ['com.example.app:/cb'] }, { tokenEndpointAuthMethod: 'none' }],
    [
      { applicationType: 'm2m' },
      {
        tokenEndpointAuthMethod: 'client_secret_basic',
        grantTypes: ['client_credentials'],
        scopes: [],
        redirectUris: [],
        requiresPkce: false,
      },
    ],
    [{ grantTypes: ['client_credentials'] }, { applicationType: 'm2m' }],
    [{ applicationType: 'web', redirectUris, requiresPkce: false }, { requiresPkce: false }],
    [{ applicationType: 'web', isConfidential: false, redirectUris }, { tokenEndpointAuthMethod: 'none' }],
    [{ redirectUris: [...redirectUris, ...redirectUris] }, { redirectUris }],
    [{ grantTypes: ['authorization_code'], redirectUris }, { scopes: ['openid', 'profile', 'email'] }],
  ];
  for (const [draft, expected] of defaults) {
    it(`completes ${JSON.stringify(draft)}`, () => {
      const result = draftClient({ name: 'x', ...draft });
      assert.ok(result.ok, JSON.stringify(result));
      assert.partialDeepStrictEqual(result.value, expected);
    });
  }

  const refused: readonly [draft: Partial<ClientDraft>, member: string][] = [
    [{ applicationType: 'device' }, 'applicationType'],
    [{}, 'redirectUris'],
    [{ redirectUris: ['http://app.example/cb'] }, 'redirectUris'],
    [{ redirectUris: ['javascript:alert(1)'] }, 'redirectUris'],
    [{ redirectUris, postLogoutRedirectUris: ['data:text/html,x'] }, 'postLogoutRedirectUris'],
    [{ redirectUris, allowedOrigins: ['*'] }, 'allowedOrigins'],
    [{ redirectUris, grantTypes: ['password'] }, 'grantTypes'],
    [{ redirectUris, grantTypes: ['implicit'] }, 'grantTypes'],
    [{ redirectUris, grantTypes: [] }, 'grantTypes'],
    [{ grantTypes: ['refresh_token'] }, 'grantTypes'],
    [{ applicationType: 'spa', redirectUris, grantTypes: ['client_credentials'] }, 'grantTypes'],
    [{ applicationType: 'spa', redirectUris, isConfidential: true }, 'isConfidential'],
    [{ applicationType: 'spa', redirectUris, requiresPkce: false }, 'requiresPkce'],
    [{ applicationType: 'm2m', redirectUris }, 'redirectUris'],
    [{ applicationType: 'm2m', grantTypes: ['authorization_code'], redirectUris }, 'grantTypes'],
    [{ applicationType: 'm2m', isConfidential: false }, 'grantTypes'],
    [{ redirectUris, scopes: ['two words'] }, 'scopes'],
    [{ redirectUris, scopes: ['quo"te'] }, 'scopes'],
    [{ redirectUris, scopes: [''] }, 'scopes'],
  ];
  for (const [draft, member] of refused) {
    it(`refuses ${JSON.stringify(draft)} for its ${member}`, () => {
      const result = draftClient({ name: 'x', ...draft });
      assert.ok(!result.ok);
      assert.ok(member in result.error, JSON.stringify(result.error));
    });
  }
});

describe('a change of a client', () => {
  const created = draftClient({ name: 'x', applicationType: 'spa', redirectUris });
  assert.ok(created.ok);
  const spa = created.value;

  it('changes only what it names', () => {
    const changed = changeClient(spa, { name: 'y', description: undefined });
    assert.ok(changed.ok);
    assert.deepEqual(changed.value, { ...spa, name: 'y' });
  });

  const refused: readonly Partial<ClientDraft>[] = [
    { redirectUris: ['http://evil.example/cb'] },
    { redirectUris: [] },
    { postLogoutRedirectUris: ['javascript:1'] },
    { requiresPkce: false },
    { isConfidential: true },
    { tokenEndpointAuthMethod: 'client_secret_post' },
    { applicationType: 'web' },
    { grantTypes: ['client_credentials'] },
  ];
  for (const change of refused) {
    it(`refuses ${JSON.stringify(change)}, as a create would`, () => assert.equal(changeClient(spa, change).ok, false));
  }

  it('lets a confidential client choose between the two ways to send its secret', () => {
    const web = draftClient({ name: 'w', redirectUris });
    assert.ok(web.ok);
    const changed = changeClient(web.value, { tokenEndpointAuthMethod: 'client_secret_post' });
    assert.ok(changed.ok);
    assert.equal(changed.value.tokenEndpointAuthMethod, 'client_secret_post');
  });
});

describe('browser origins of a client', () => {
  it('are the listed ones, and for a browser app those of its redirect URIs', () => {
    const uris = ['https://app.example/cb', 'https://app.example/other', 'http://localhost:3000/cb'];
    const listed = { redirectUris: uris, allowedOrigins: ['https://x.example'] };
    assert.deepEqual(browserOrigins({ applicationType: 'spa', origin: 'admin', ...listed }), [
      'https://x.example',
      'https://app.example',
      'http://localhost:3000',
    ]);
    assert.deepEqual(browserOrigins({ applicationType: 'web', origin: 'admin', ...listed }), ['https://x.example']);
    for (const origin of ['dynamic', 'metadata_document'] as const) {
      assert.deepEqual(browserOrigins({ applicationType: 'spa', origin, ...listed, allowedOrigins: [] }), []);
    }
  });
});
