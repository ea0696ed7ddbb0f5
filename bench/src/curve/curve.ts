import { type HttpClient, json, type Send } from '../load/http-client.js';
import { type Measurement, measure } from '../load/measure.js';
import type { Standalone } from '../server/standalone.js';
import { clientCredentialsRequest } from '../world/tokens.js';
import type { World } from '../world/world.js';
import { type BenchOrg, seedOrgs } from './seed-orgs.js';

/** What was measured with so many orgs. */
export interface CurvePoint {
  readonly orgs: number;
  /** Orgs that the load was spread over, evenly and at random. */
  readonly inUse: number;
  readonly clientCredentials: Measurement;
  readonly check: Measurement;
}

export interface CurveOptions {
  readonly orgs: readonly number[];
  readonly warmUpMs: number;
  readonly measureMs: number;
  say(text: string): void;
}

/**
 * The same load at every point, well below what one core can do: the curve is about what one answer takes, not about
 * waiting in line.
 */
const TOKENS_PER_SECOND = 200;
const CHECKS_PER_SECOND = 1000;
const USERS = 16;
/** A large installation on an ordinary minute: beside all orgs, also so many of them are in use. */
const BUSY_ORGS = 100;
const SAY_EVERY_MS = 5000;

/** Fills one server step by step and measures at each step. */
export async function measureCurve(
  server: Standalone,
  world: World,
  options: CurveOptions,
): Promise<readonly CurvePoint[]> {
  const { say } = options;
  const orgs: BenchOrg[] = [];
  const points: CurvePoint[] = [];
  for (const count of options.orgs) {
    const startedMs = performance.now();
    let saidMs = startedMs;
    await seedOrgs(world, orgs, count, (there) => {
      if (performance.now() - saidMs < SAY_EVERY_MS) return;
      saidMs = performance.now();
      say(`  ${there} of ${count} orgs`);
    });
    say(`  ${count} orgs there after ${((performance.now() - startedMs) / 1000).toFixed(0)} s`);
    if (count > BUSY_ORGS) points.push(await measurePoint(server, world.http, orgs, BUSY_ORGS, options));
    points.push(await measurePoint(server, world.http, orgs, count, options));
  }
  return points;
}

async function measurePoint(
  server: Standalone,
  http: HttpClient,
  orgs: readonly BenchOrg[],
  inUse: number,
  { warmUpMs, measureMs, say }: CurveOptions,
): Promise<CurvePoint> {
  say(`  load on ${inUse} of ${orgs.length} orgs`);
  const spread = async (perSecond: number, what: (org: BenchOrg) => Send, proves: string): Promise<Measurement> => {
    const requests = orgs.slice(0, inUse).map(what);
    const operation = async () => {
      const request = requests[Math.floor(Math.random() * requests.length)] as Send;
      const { text } = await http.expect(200, request);
      if (!text.includes(proves)) throw new Error(`${request.path}: ${text.slice(0, 300)}`);
    };
    return measure(server.pid, Array<typeof operation>(USERS).fill(operation), { warmUpMs, measureMs, perSecond });
  };
  const clientCredentials = await spread(TOKENS_PER_SECOND, tokenOf, '"access_token"');
  const check = await spread(CHECKS_PER_SECOND, checkOf, '"allowed":true');
  return { orgs: orgs.length, inUse, clientCredentials, check };
}

function tokenOf(org: BenchOrg): Send {
  return clientCredentialsRequest(`/orgs/${org.slug}/api/v1`, org);
}

function checkOf({ apiKey, adminId }: BenchOrg): Send {
  const question = json({ permission: 'settings.manage', user_id: adminId }, { 'x-api-key': apiKey });
  return { method: 'POST', path: '/api/v1/authz/check', ...question };
}
