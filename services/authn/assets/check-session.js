// The frame that apps of other sites ask whether somebody is still signed in (OpenID Connect Session Management 1.0, section 3.2).
// Where a browser keeps the cookies of other sites from frames, every question is answered with "changed".
const { cookie: name } = document.documentElement.dataset;

function browserState() {
  const prefix = `${name}=`;
  const found = document.cookie.split('; ').find((pair) => pair.startsWith(prefix));
  return found ? found.slice(prefix.length) : '';
}

async function sessionState(clientId, origin, salt) {
  const text = `${clientId} ${origin} ${browserState()} ${salt}`;
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  const base64 = btoa(String.fromCharCode(...hash));
  return `${base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}.${salt}`;
}

window.addEventListener('message', async ({ data, origin, source }) => {
  // An opaque origin cannot be answered to alone.
  if (!source || !/^https?:/.test(origin)) return;
  const [, clientId, given, salt] =
    (typeof data === 'string' && /^(\S{1,2048}) ([\w-]{43}\.([\w-]{1,64}))$/.exec(data)) || [];
  const answer = !given ? 'error' : (await sessionState(clientId, origin, salt)) === given ? 'unchanged' : 'changed';
  source.postMessage(answer, origin);
});
