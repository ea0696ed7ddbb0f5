import { isLoopbackHost, isPublicAddress, literalAddress } from '@lumo/kit';

/** What a client says about itself to people (RFC 7591 section 2, OpenID Connect Registration section 2). */
export interface ClientAbout {
  readonly clientUri?: string;
  readonly logoUri?: string;
  readonly policyUri?: string;
  readonly tosUri?: string;
  readonly contacts?: readonly string[];
  readonly softwareId?: string;
  readonly softwareVersion?: string;
  /** Where a sign-in that begins elsewhere can be sent (OpenID Connect Core section 4). */
  readonly initiateLoginUri?: string;
}

const LINKS = ['clientUri', 'logoUri', 'policyUri', 'tosUri', 'initiateLoginUri'] as const;

/** What is wrong, by member; empty where nothing is. */
export function checkAbout(about: ClientAbout): Readonly<Record<string, string>> {
  const problems: Record<string, string> = {};
  for (const member of LINKS) {
    const problem = about[member] === undefined ? undefined : webUriProblem(about[member]);
    if (problem) problems[member] = problem;
  }
  // A browser is sent there from anywhere, so it is https without exception.
  if (about.initiateLoginUri?.startsWith('http:')) problems.initiateLoginUri = 'Use https.';
  if (about.contacts?.some((contact) => !/^[^\s@<>"']{1,64}@[^\s@<>"']{1,255}$/.test(contact))) {
    problems.contacts = 'Contacts are e-mail addresses.';
  }
  return problems;
}

/**
 * https, or http on the loopback interface for development; no user information and no fragment. An address that is spelled
 * out must be one of the public internet: what a name leads to is judged when it is called.
 */
export function webUriProblem(uri: string): string | undefined {
  if (uri.length > 2048 || !/^[\x21-\x7e]+$/.test(uri) || !URL.canParse(uri)) {
    return 'Write an absolute URL such as https://app.example.com/page, in printable ASCII.';
  }
  const url = new URL(uri);
  const loopback = isLoopbackHost(url);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    return 'Use https. http is only accepted for localhost, 127.0.0.1 and [::1].';
  }
  if (url.username || url.password || /^[a-z]+:\/*[^/?]*@/i.test(uri)) {
    return 'Leave out the user information before the host.';
  }
  if (uri.includes('#')) return 'Leave out the fragment (#).';
  const literal = literalAddress(url);
  if (literal !== undefined && !loopback && !isPublicAddress(literal)) {
    return 'This address is not on the public internet.';
  }
  return undefined;
}
