// Cron compared with croner and cron-parser: random expressions, zones and instants that both they
// and we accept. Every difference must be one of the kinds that docs/recurrence.md explains; a
// difference is of a kind only if we give their very answer once the rule is read their way.
//
//     node cron.mjs PROGRAM [--count N] [--seed N]      exit code 1 if anything is unexplained

import { CronExpressionParser } from 'cron-parser';
import { Cron } from 'croner';
import { Tally, ask, options, random } from './ask.mjs';

const { program, count, seed } = options(2000);
const rng = random(seed);
const fires = 3;

const zones = ['UTC', 'Europe/Berlin', 'Europe/London', 'Europe/Lisbon', 'America/New_York', 'America/Los_Angeles',
  'America/Sao_Paulo', 'America/Santiago', 'America/St_Johns', 'Asia/Tokyo', 'Asia/Kolkata', 'Asia/Tehran',
  'Australia/Sydney', 'Australia/Lord_Howe', 'Pacific/Auckland', 'Pacific/Apia', 'Africa/Cairo', 'Africa/Casablanca'];
const monthNames = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const dayNames = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

function entry(min, max, names) {
  const name = (value) => (names && rng.below(3) === 0 ? names[value - (names === monthNames ? 1 : 0)] : String(value));
  switch (rng.below(6)) {
    case 0: { const a = rng.between(min, max); return `${name(a)}-${name(rng.between(a, max))}`; }
    case 1: return `*/${rng.between(1, Math.max(2, Math.floor((max - min) / 2)))}`;
    case 2: { const a = rng.between(min, max - 1); const b = rng.between(a + 1, max); return `${a}-${b}/${rng.between(1, b - a)}`; }
    default: return name(rng.between(min, max));
  }
}

function field(min, max, names, stars) {
  if (rng.next() < stars) return '*';
  const parts = Array.from({ length: rng.below(4) === 0 ? rng.between(2, 3) : 1 }, () => entry(min, max, names));
  return parts.filter((part, i) => i === 0 || !part.startsWith('*')).join(',');
}

function expression() {
  let day = field(1, 31, null, 0.55);
  let weekday = field(0, 6, dayNames, 0.6);
  const special = rng.below(20);
  if (special === 0) day = 'L';
  if (special === 1) day = `${rng.between(1, 27)},L`;
  if (special === 2) weekday = `${rng.between(0, 6)}#${rng.between(1, 5)}`;
  if (special === 3) weekday = `${rng.between(0, 6)}L`;
  if (special === 4) day = `${rng.between(1, 31)}W`;
  if (special === 5) day = 'LW';
  if (special === 6) { if (rng.below(2)) day = '?'; else weekday = '?'; }
  const parts = [field(0, 59, null, 0.25), field(0, 23, null, 0.3), day, field(1, 12, monthNames, 0.6), weekday];
  if (rng.below(4) === 0) parts.unshift(field(0, 59, null, 0.1));
  return parts.join(' ');
}

/** Where the zone's offset changes, hour by hour from 1990 to 2037. */
const changesOf = new Map();
async function loadChanges() {
  const hours = [];
  for (let t = 631152000; t < 2145916800; t += 21600) hours.push(t);
  const answers = await ask(program, zones.map((tz) => ({ do: 'offsets', tz, at: hours })));
  zones.forEach((tz, i) => {
    const { offsets } = answers[i];
    changesOf.set(tz, hours.filter((_, n) => n > 0 && offsets[n] !== offsets[n - 1]).map((t) => t * 1000));
  });
}

function instant(tz) {
  const changes = changesOf.get(tz);
  if (changes.length > 0 && rng.below(3) === 0) return rng.pick(changes) - rng.below(36 * 3600) * 1000;
  return 631152000000 + rng.below(1500000000) * 1000;
}

function byCroner({ cron, tz, from }) {
  const job = new Cron(cron, { timezone: tz, paused: true });
  return job.nextRuns(fires, new Date(from)).map((date) => date.getTime());
}

function byCronParser({ cron, tz, from }) {
  const expression = CronExpressionParser.parse(cron, { tz, currentDate: new Date(from) });
  return Array.from({ length: fires }, () => expression.next().getTime());
}

const question = (item, changes = {}) => ({
  do: 'next', from: item.from, count: changes.count ?? fires,
  spec: { trigger: { type: 'CRON', cron: changes.cron ?? item.cron }, tz: item.tz, daylightSaving: changes.daylight },
});

const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);

// Vixie's rule: what begins with a star does not widen, a step included; others look for a lone star.
function starless(cron) {
  const parts = cron.split(' ');
  const at = parts.length - 3;
  parts[at] = parts[at].replace(/^\*\//, '1-31/');
  parts[at + 2] = parts[at + 2].replace(/^\*\//, '0-6/');
  return parts.join(' ');
}

/** The offset that node's own time zone data gives, in ms. */
const formats = new Map();
function offsetByNode(tz, t) {
  if (!formats.has(tz)) {
    formats.set(tz, new Intl.DateTimeFormat('en-US', {
      timeZone: tz, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
    }));
  }
  const part = Object.fromEntries(formats.get(tz).formatToParts(new Date(t)).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) - t;
}

async function dataDiffers(tz, instants) {
  const [{ offsets }] = await ask(program, [{ do: 'offsets', tz, at: instants.map((t) => t / 1000) }]);
  return instants.some((t, i) => offsetByNode(tz, t) !== offsets[i] * 1000);
}

const policies = [];
for (const skipped of ['skip', 'before', 'after']) {
  for (const doubled of ['first', 'last', 'both']) policies.push({ skipped, doubled });
}

/** The readings that they give must be ours under some policy, fire by fire around the change. */
async function explain(tally, item, ours, theirs) {
  const sunday = item.cron.replace(/-SUN/g, '-7');
  const variants = [['SUN at the end of a range is 7 for them and 0 for us', { cron: sunday }],
    ['a star with a step in a day field widens it (they: union, Vixie and we: both must hold)', { cron: starless(item.cron) }]];
  for (const daylight of policies) {
    variants.push([`daylight saving: as our policy ${daylight.skipped}/${daylight.doubled}`, { daylight }]);
    variants.push(['a star with a step in a day field, and daylight saving', { cron: starless(item.cron), daylight }]);
  }
  const answers = await ask(program, variants.map(([, changes]) => question(item, changes)));
  for (let i = 0; i < variants.length; i += 1) {
    if (answers[i].at && same(answers[i].at, theirs)) {
      tally.differ(variants[i][0], { ...item, ours, theirs });
      return;
    }
  }
  if (await dataDiffers(item.tz, [...ours, ...theirs])) {
    tally.differ(`time zone data: node has ${process.versions.tz}`, { ...item, ours, theirs });
    return;
  }
  // None of the nine policies: what differs must at least be within a day of a change.
  const changes = changesOf.get(item.tz);
  const off = [...ours.filter((t) => !theirs.includes(t)), ...theirs.filter((t) => !ours.includes(t))];
  const near = (t) => changes.some((change) => Math.abs(change - t) < 30 * 3600 * 1000);
  // Once one list is a fire ahead, its last entries differ too: only the first difference counts.
  const first = Math.min(...off);
  tally.differ(near(first) ? 'daylight saving: as none of our policies' : 'UNEXPLAINED', { ...item, ours, theirs });
}

async function compare(name, theirsOf, items, answers) {
  const tally = new Tally(name);
  let refused = 0;
  const open = [];
  items.forEach((item, i) => {
    let theirs;
    try {
      theirs = theirsOf(item);
    } catch {
      refused += 1;
      return;
    }
    if (!answers[i].at) return;
    if (same(theirs, answers[i].at)) tally.agree();
    else open.push([item, answers[i].at, theirs]);
  });
  for (const [item, ours, theirs] of open) await explain(tally, item, ours, theirs);
  tally.print();
  console.log(`  (${refused} more were refused by ${name}, or end there)`);
  return tally;
}

await loadChanges();
const items = Array.from({ length: count }, () => {
  const tz = rng.pick(zones);
  return { cron: expression(), tz, from: instant(tz) };
});
const answers = await ask(program, items.map((item) => question(item)));
console.log(`cron: ${count} random expressions, seed ${seed}; we refuse ${answers.filter((each) => !each.at).length}`);
const tallies = [await compare('croner', byCroner, items, answers), await compare('cron-parser', byCronParser, items, answers)];
process.exitCode = tallies.some((tally) => tally.unexplained > 0) ? 1 : 0;
