import type { Bootstrap } from './seed/bootstrap.js';

/** What the terminal shows when the platform is up: where it is, how to enter, three commands that work as they are. */
export function banner(baseUrl: string, bootstrapFile: string, bootstrap: Bootstrap | undefined): string {
  const head = ['', `  LumoAuth is running on ${baseUrl}`, ''];
  if (!bootstrap) return [...head, `  API reference   ${baseUrl}/docs`, '', ''].join('\n');
  const { admin, apiKey, agent, org, issuer } = bootstrap;
  return [
    ...head,
    `  Issuer          ${issuer}`,
    `  API reference   ${baseUrl}/docs`,
    `  Admin sign-in   ${admin.email}   ${admin.password}`,
    `  API key         ${apiKey}`,
    `  Everything      ${bootstrapFile}`,
    '',
    '  Try it:',
    '',
    `  curl -s ${issuer}/.well-known/openid-configuration`,
    `  curl -s -H 'X-API-Key: ${apiKey}' ${baseUrl}/orgs/${org}/api/v1/admin/users`,
    `  curl -s ${issuer}/oauth/token -d grant_type=client_credentials -d client_id=${agent.clientId} -d client_secret=${agent.clientSecret}`,
    '',
    '',
  ].join('\n');
}
