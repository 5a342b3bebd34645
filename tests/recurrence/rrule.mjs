// RRULE compared with rrule.js on wall-clock readings without a zone.
//
//     node rrule.mjs PROGRAM [--count N] [--seed N]      exit code 1 if anything is unexplained
//
// rrule.js searches second by second until the year 9999 where a rule never fires, so it is asked only
// where we found something near.

import rrule from 'rrule';
import { Tally, ask, options, random } from './ask.mjs';
import { randomRule, readings } from './rules.mjs';

const { program, count, seed } = options(2000);
const rng = random(seed);
const fires = 12;

const items = Array.from({ length: count }, () => randomRule(rng));
const question = ({ start, rule }) => ({
  do: 'next', from: start - 1000, count: fires,
  spec: { trigger: { type: 'RRULE', rrule: `DTSTART:${readings(start)}\nRRULE:${rule}` } },
});
const answers = await ask(program, items.map(question));

/** Whether rrule.js would search for long: for far fires, or for more than there are. */
function isSparse({ start, rule }, ours) {
  const frequency = /FREQ=(\w+)/.exec(rule)[1];
  const count = Number(/COUNT=(\d+)/.exec(rule)?.[1] ?? Infinity);
  if (ours.length < Math.min(fires, count)) return !/UNTIL/.test(rule) || /SECONDLY|MINUTELY|HOURLY/.test(frequency);
  const days = { SECONDLY: 0.05, MINUTELY: 2, HOURLY: 60, DAILY: 40 * 365 }[frequency] ?? 150 * 365;
  return ours[ours.length - 1] - start > days * 86400000;
}

const tally = new Tally('rrule.js');
let refused = 0;
let sparse = 0;
const open = [];
items.forEach((item, i) => {
  const ours = answers[i].at;
  if (!ours) { refused += 1; return; }
  if (isSparse(item, ours)) { sparse += 1; return; }
  const parsed = rrule.rrulestr(`DTSTART:${readings(item.start)}Z\nRRULE:${item.rule}`);
  const theirs = parsed.all((_, n) => n < fires).map((date) => date.getTime());
  if (theirs.length === ours.length && theirs.every((t, n) => t === ours[n])) tally.agree();
  else open.push([item, ours, theirs]);
});

const mixedDays = 'plain and numbered days in one BYDAY: they ask for both at once, we (and RFC 5545) for either';

/** What BYDAY comes to if plain and numbered days must both hold: '' for nothing, null if not mixed. */
function intersection(rule) {
  const entries = /BYDAY=([^;]+)/.exec(rule)?.[1].split(',') ?? [];
  const plain = entries.filter((each) => each.length === 2);
  const numbered = entries.filter((each) => each.length > 2);
  if (plain.length === 0 || numbered.length === 0) return null;
  const both = numbered.filter((each) => plain.includes(each.slice(-2)));
  return both.length === 0 ? '' : rule.replace(/BYDAY=[^;]+/, `BYDAY=${both.join(',')}`);
}

const weekday = (start) => ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'][new Date(start).getUTCDay()];
for (const [item, ours, theirs] of open) {
  const variants = [
    ['BYWEEKNO without BYDAY: they take all days of the week, we the weekday of DTSTART',
      /BYWEEKNO/.test(item.rule) && !/BYDAY/.test(item.rule) ? `${item.rule};BYDAY=MO,TU,WE,TH,FR,SA,SU` : null],
    ['UNTIL as a date: they stop at its midnight, we after the whole day', item.rule.replace(/(UNTIL=\d{8})(?=;|$)/, '$1T000000')],
  ];
  const found = [];
  const mixed = intersection(item.rule);
  if (mixed === '' && theirs.length === 0) found.push(mixedDays);
  if (mixed) variants.push([mixedDays, mixed]);
  const end = Math.min(ours.at(-1) ?? -Infinity, theirs.at(-1) ?? -Infinity);
  if (/BYSETPOS=-/.test(item.rule) && theirs.length > 0 && ours.every((t) => t > end || theirs.includes(t))) {
    found.push('BYSETPOS below the first of its set: they take the first (again), we and dateutil nothing');
  }
  for (const [reason, rule] of variants) {
    if (!rule || rule === item.rule) continue;
    const [answer] = await ask(program, [question({ ...item, rule })]);
    const at = answer.at ?? [];
    if (at.length === theirs.length && at.every((t, n) => t === theirs[n])) { found.push(reason); break; }
  }
  tally.differ(found[0] ?? 'UNEXPLAINED', { rule: item.rule, start: readings(item.start), ours: ours.slice(0, 6).map(readings), theirs: theirs.slice(0, 6).map(readings), weekday: weekday(item.start) });
}
console.log(`rrule: ${count} random rules, seed ${seed}; we refuse ${refused}; ${sparse} are too sparse for rrule.js`);
tally.print();
process.exitCode = tally.unexplained > 0 ? 1 : 0;
