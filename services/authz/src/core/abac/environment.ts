import type { AttributeBag } from './attribute-value.js';

/** What the server itself knows of the moment and of the caller. */
export interface CallerFacts {
  readonly ip?: string;
  /** How the person signed in, as in the `amr` claim of the token (RFC 8176). */
  readonly authMethods?: readonly string[];
  /** 0 to 100, where the token carries it. */
  readonly riskScore?: number;
}

/** Whether the name is one of the IANA time zone database. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) return false;
  try {
    return formatOf(name) !== undefined;
  } catch {
    return false;
  }
}

/** Attributes of the moment (contract 3.4); what belongs to a day is told in the time zone of the organization. */
export function environmentOf(nowMs: number, timeZone: string, caller: CallerFacts): AttributeBag {
  const local = localParts(nowMs, timeZone);
  return {
    now: new Date(nowMs).toISOString(),
    date: `${local.year}-${local.month}-${local.day}`,
    time: `${local.hour}:${local.minute}`,
    hour: Number(local.hour),
    dayOfWeek: local.dayOfWeek,
    isWeekend: local.dayOfWeek >= 6,
    ...(caller.ip !== undefined && { ip: caller.ip }),
    ...(caller.authMethods && caller.authMethods.length > 0 && { auth_method: authMethod(caller.authMethods) }),
    ...(caller.riskScore !== undefined && { risk_score: caller.riskScore }),
  };
}

/** One word is text; several are a list. */
function authMethod(methods: readonly string[]): string | readonly string[] {
  const [first, ...others] = methods;
  return first !== undefined && others.length === 0 ? first : methods;
}

interface LocalParts {
  readonly year: string;
  readonly month: string;
  readonly day: string;
  readonly hour: string;
  readonly minute: string;
  readonly dayOfWeek: number;
}

function localParts(nowMs: number, timeZone: string): LocalParts {
  const parts = Object.fromEntries(
    formatOf(timeZone)
      .formatToParts(nowMs)
      .map(({ type, value }) => [type, value]),
  );
  const { year = '', month = '', day = '', hour = '', minute = '', weekday = '' } = parts;
  return { year: year.padStart(4, '0'), month, day, hour, minute, dayOfWeek: DAYS.indexOf(weekday) + 1 };
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

const formats = new Map<string, Intl.DateTimeFormat>();
/** There are about 600 zones; a name that is none throws before it is kept. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      weekday: 'short',
    });
    if (formats.size < 1_000) formats.set(timeZone, format);
  }
  return format;
}
