/** What is wrong with a text of the Prometheus exposition format 0.0.4, one sentence each; as strict as `promtool check metrics`. */
export function checkPrometheusText(text: string): readonly string[] {
  const problems: string[] = [];
  const families = new Map<string, Family>();
  let current: Family | undefined;
  if (!text.endsWith('\n')) problems.push('the last line does not end');

  text.split('\n').forEach((line, index) => {
    const at = `line ${index + 1}`;
    if (line === '') return;
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*)(?: (.*))?$/.exec(line);
    if (comment) {
      const [, keyword, name = '', rest = ''] = comment;
      const family = familyOf(families, name);
      if (family.samples.length > 0) problems.push(`${at}: ${keyword} of ${name} after its samples`);
      if (keyword === 'HELP') {
        if (family.help !== undefined) problems.push(`${at}: a second HELP of ${name}`);
        family.help = rest;
      } else {
        if (family.type !== undefined) problems.push(`${at}: a second TYPE of ${name}`);
        if (!TYPES.has(rest)) problems.push(`${at}: unknown type ${rest}`);
        family.type = rest;
      }
      current = family;
      return;
    }
    if (line.startsWith('#')) return;
    const sample = parseSample(line);
    if (typeof sample === 'string') {
      problems.push(`${at}: ${sample}`);
      return;
    }
    const owner = ownerOf(families, sample.name);
    if (!owner) problems.push(`${at}: ${sample.name} has no TYPE`);
    else {
      if (current !== owner) problems.push(`${at}: lines of ${owner.name} do not stand together`);
      owner.samples.push(sample);
    }
  });

  for (const family of families.values()) problems.push(...checkFamily(family));
  return problems;
}

const TYPES = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);
const LABELS = /^(?:([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)")(?:,|$)/;
const VALUE = /^(?:[+-]?Inf|NaN|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/;

interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

interface Family {
  readonly name: string;
  help?: string;
  type?: string;
  readonly samples: Sample[];
}

function familyOf(families: Map<string, Family>, name: string): Family {
  const known = families.get(name);
  if (known) return known;
  const family: Family = { name, samples: [] };
  families.set(name, family);
  return family;
}

function ownerOf(families: Map<string, Family>, name: string): Family | undefined {
  const exact = families.get(name);
  if (exact) return exact;
  const base = families.get(name.replace(/_(?:bucket|sum|count)$/, ''));
  return base?.type === 'histogram' || base?.type === 'summary' ? base : undefined;
}

function parseSample(line: string): Sample | string {
  const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)(?: -?\d+)?$/.exec(line);
  if (!match) return `not a sample: ${line.slice(0, 80)}`;
  const [, name = '', inside = '', value = ''] = match;
  const labels = new Map<string, string>();
  for (let rest = inside; rest !== ''; ) {
    const label = LABELS.exec(rest);
    if (!label) return `bad labels: ${inside.slice(0, 80)}`;
    const [whole, key = '', text = ''] = label;
    if (labels.has(key)) return `label ${key} stands twice`;
    labels.set(key, text);
    rest = rest.slice(whole.length);
  }
  if (!VALUE.test(value)) return `bad value: ${value}`;
  return { name, labels, value: Number(value.replace('Inf', 'Infinity')) };
}

function checkFamily({ name, help, type, samples }: Family): readonly string[] {
  const problems: string[] = [];
  if (!help) problems.push(`${name} has no HELP`);
  if (type === undefined) problems.push(`${name} has no TYPE`);
  if (type === 'counter' && !name.endsWith('_total')) problems.push(`${name} is a counter and does not end in _total`);
  if (type !== 'counter' && name.endsWith('_total')) problems.push(`${name} ends in _total and is no counter`);
  if (/[A-Z]/.test(name)) problems.push(`${name} is not in snake case`);
  const seen = new Set<string>();
  for (const sample of samples) {
    const series = `${sample.name} ${seriesOf(sample.labels)}`;
    if (seen.has(series)) problems.push(`${series} stands twice`);
    seen.add(series);
    if (type === 'counter' && !(sample.value >= 0)) problems.push(`${series} is a counter below zero`);
  }
  if (type === 'histogram') problems.push(...checkHistogram(name, samples));
  return problems;
}

function checkHistogram(name: string, samples: readonly Sample[]): readonly string[] {
  const problems: string[] = [];
  const series = new Map<string, { buckets: [number, number][]; sum?: number; count?: number }>();
  for (const { name: sampleName, labels, value } of samples) {
    const key = seriesOf(new Map([...labels].filter(([label]) => label !== 'le')));
    const one = series.get(key) ?? { buckets: [] };
    series.set(key, one);
    if (sampleName === `${name}_sum`) one.sum = value;
    else if (sampleName === `${name}_count`) one.count = value;
    else if (sampleName === `${name}_bucket`)
      one.buckets.push([Number((labels.get('le') ?? '').replace('Inf', 'Infinity')), value]);
    else problems.push(`${sampleName} does not belong to a histogram`);
  }
  for (const [key, { buckets, sum, count }] of series) {
    if (sum === undefined || count === undefined) problems.push(`${name}{${key}} lacks _sum or _count`);
    if (buckets.at(-1)?.[0] !== Number.POSITIVE_INFINITY) problems.push(`${name}{${key}} does not end with +Inf`);
    if (buckets.at(-1)?.[1] !== count) problems.push(`${name}{${key}}: the last bucket is not the count`);
    const isRising = buckets.every(
      ([le, n], i) => i === 0 || (le > (buckets[i - 1]?.[0] ?? 0) && n >= (buckets[i - 1]?.[1] ?? 0)),
    );
    if (!isRising) problems.push(`${name}{${key}}: buckets do not rise`);
  }
  return problems;
}

function seriesOf(labels: ReadonlyMap<string, string>): string {
  return [...labels]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => `${label}=${value}`)
    .join(',');
}

/** The values of one metric by their labels. */
export function metricValues(text: string, name: string): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const line of text.split('\n')) {
    const sample = line.startsWith('#') || line === '' ? '' : parseSample(line);
    if (typeof sample !== 'string' && sample.name === name) values.set(seriesOf(sample.labels), sample.value);
  }
  return values;
}
