// Next-fire evaluations per second beside croner, cron-parser and rrule.js, in one run.
//
//     node bench/recurrence.mjs build/release/bench/carillon_bench_recurrence
//
// The libraries are those of tests/recurrence (npm ci there). Rules are parsed once; what is timed is
// one evaluation from an instant somewhere in ten years. croner and cron-parser get a Date and return
// one; cron-parser is reset for each (its iterator otherwise starts where it ended). rrule.js is asked
// for after(). A first thousand warms the compiler up and must give the same fires as ours.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../tests/recurrence/package.json', import.meta.url));
const { CronExpressionParser } = require('cron-parser');
const { Cron } = require('croner');
const rrule = require('rrule');

const rules = [
  ['* * * * *', 'UTC'], ['*/15 * * * *', 'Europe/Berlin'], ['0 9 * * *', 'Europe/Berlin'], ['0 9 * * 1-5', 'America/New_York'],
  ['0 0 1 * *', 'Europe/Berlin'], ['0 9 L * *', 'Europe/Berlin'], ['30 17 * * 5#2', 'Asia/Tokyo'], ['0 0 29 2 *', 'UTC'],
  ['RRULE:FREQ=WEEKLY;BYDAY=MO,WE,FR', null], ['RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1', null],
];
const instant = (n) => 1767225600 + Number((BigInt(n) * 194903197n) % 315360000n);
const instants = Array.from({ length: 20000 }, (_, n) => new Date(instant(n) * 1000));

function measure(next) {
  let checksum = 0;
  for (let n = 0; n < 1000; n += 1) checksum += Math.floor(next(instants[n]).getTime() / 1000) % 1000003;
  const begin = process.cpuUsage();
  const used = () => { const { user, system } = process.cpuUsage(begin); return (user + system) * 1000; };
  let done = 0;
  while (done < instants.length && (done % 100 !== 0 || used() < 1.5e9)) {
    next(instants[done]);
    done += 1;
  }
  return { ns: used() / done, checksum };
}

const run = spawnSync(process.argv[2], { encoding: 'utf8' });
if (run.status !== 0) throw new Error(run.stderr || String(run.error));
const ours = run.stdout.trim().split('\n').map((line) => JSON.parse(line));

// CPU time on both sides: the machine may be shared.
const rate = (ns) => (ns === undefined ? '-' : `${Math.round(1e9 / ns).toLocaleString('en-US')}`).padStart(13);
console.log(`${'rule'.padEnd(55)}${['ns', 'carillon/s', 'croner/s', 'cron-parser/s', 'rrule.js/s'].map((each) => each.padStart(13)).join('')}`);
rules.forEach(([rule, tz], i) => {
  const others = {};
  if (tz) {
    const job = new Cron(rule, { timezone: tz, paused: true });
    others.croner = measure((from) => job.nextRun(from));
    const parser = CronExpressionParser.parse(rule, { tz });
    others.parser = measure((from) => { parser.reset(from); return parser.next().toDate(); });
  } else {
    const set = rrule.rrulestr(`DTSTART:20200101T090000Z\n${rule}`, { cache: false });
    others.rrule = measure((from) => set.after(from));
  }
  const wrong = Object.entries(others).filter(([, { checksum }]) => checksum !== ours[i].checksum).map(([name]) => name);
  console.log(`${`${rule}  ${tz ?? ''}`.padEnd(55)}${ours[i].ns.toFixed(0).padStart(13)}${rate(ours[i].ns)}${rate(others.croner?.ns)}${rate(others.parser?.ns)}${rate(others.rrule?.ns)}${wrong.length > 0 ? `  other fires: ${wrong.join(', ')}` : ''}`);
});
