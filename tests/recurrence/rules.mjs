// Random RRULEs. `node rules.mjs COUNT SEED` prints `DTSTART<tab>RRULE` lines, for compare.py.

import { random } from './ask.mjs';

const days = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA'];

export const readings = (t) => new Date(t).toISOString().replace(/[-:]/g, '').slice(0, 15);

export function randomRule(rng) {
  const frequency = rng.pick(['SECONDLY', 'MINUTELY', 'HOURLY', 'DAILY', 'DAILY', 'WEEKLY', 'WEEKLY', 'MONTHLY', 'MONTHLY', 'MONTHLY', 'YEARLY', 'YEARLY', 'YEARLY']);
  const isPeriod = ['MONTHLY', 'YEARLY'].includes(frequency);
  const parts = [`FREQ=${frequency}`];
  const list = (min, max, most) => [...new Set(Array.from({ length: rng.between(1, most) }, () => rng.between(min, max)))].filter((n) => n !== 0 || min === 0).sort((a, b) => a - b).join(',');
  const part = (name, chance, make) => {
    if (rng.next() >= chance) return;
    const value = make();
    if (value !== '') parts.push(`${name}=${value}`);
  };
  part('INTERVAL', 0.4, () => String(rng.pick([1, 2, 3, 4, 5, 7, 12, 17])));
  part('BYMONTH', 0.3, () => list(1, 12, 4));
  if (frequency === 'YEARLY') part('BYWEEKNO', 0.2, () => list(-53, 53, 3));
  const hasWeeks = parts.some((each) => each.startsWith('BYWEEKNO'));
  if (frequency === 'YEARLY' || /LY$/.test(frequency) && ['SECONDLY', 'MINUTELY', 'HOURLY'].includes(frequency)) part('BYYEARDAY', 0.15, () => list(-366, 366, 4));
  if (frequency !== 'WEEKLY') part('BYMONTHDAY', 0.3, () => list(-31, 31, 4));
  const byMonth = frequency === 'MONTHLY' || parts.some((each) => each.startsWith('BYMONTH='));
  part('BYDAY', 0.4, () => [...new Set(Array.from({ length: rng.between(1, 3) }, () => {
    const most = byMonth ? 5 : 53;
    const number = isPeriod && !hasWeeks && rng.below(3) === 0 ? rng.between(-most, most) : 0;
    return `${number === 0 ? '' : number}${rng.pick(days)}`;
  }))].join(','));
  part('BYHOUR', 0.2, () => list(0, 23, 3));
  part('BYMINUTE', 0.2, () => list(0, 59, 3));
  part('BYSECOND', 0.15, () => list(0, 59, 3));
  if (parts.some((each) => /^BY/.test(each))) part('BYSETPOS', 0.2, () => list(-4, 4, 2));
  part('WKST', 0.2, () => rng.pick(days));
  const start = Date.UTC(rng.between(1990, 2030), rng.below(12), rng.between(1, 28), rng.below(24), rng.below(60), rng.below(60));
  if (rng.below(4) === 0) parts.push(`COUNT=${rng.between(1, 30)}`);
  else if (rng.below(8) === 0) parts.push(`UNTIL=${readings(start + rng.below(3 * 365) * 86400000).slice(0, rng.below(2) ? 8 : 15)}`);
  return { start, rule: parts.join(';') };
}

if (process.argv[1]?.endsWith('rules.mjs')) {
  const rng = random(Number(process.argv[3]));
  for (let i = 0; i < Number(process.argv[2]); i += 1) {
    const { start, rule } = randomRule(rng);
    console.log(`${readings(start)}\t${rule}`);
  }
}
