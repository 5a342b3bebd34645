// Sends the same random requests to Carillon's endpoint and to a witness, and compares the answers.
//
//   node main.mjs [OPTIONS] -- PROGRAM [ARGS...]     PROGRAM prints "listening on http://HOST:PORT"
//     --ops N         requests to compare (3000)
//     --seed S        (1)
//     --round R       only this round of the seed: how a failure is repeated
//     --witness NAME  dynalite, or local: DynamoDB Local from $DYNAMODB_LOCAL_DIR
//     --survey        go on after differences, and list them by kind

import { parseArgs } from 'node:util';

import { Chance } from './lib/chance.mjs';
import { Comparison } from './lib/comparison.mjs';
import { gistOf } from './lib/compare.mjs';
import { carillon, dynalite, dynamodbLocal } from './lib/servers.mjs';
import { shrink } from './lib/shrink.mjs';
import { runRound } from './generate/round.mjs';
import { rules } from './rules.mjs';

const { values: options, positionals: program } = parseArgs({
  allowPositionals: true,
  options: {
    ops: { type: 'string', default: '3000' },
    seed: { type: 'string', default: '1' },
    round: { type: 'string' },
    witness: { type: 'string', default: 'dynalite' },
    survey: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});
const seed = Number(options.seed);
const wanted = Number(options.ops);
const failuresMost = options.survey ? Infinity : 3;

function witness() {
  if (options.witness !== 'local') return dynalite();
  if (!process.env.DYNAMODB_LOCAL_DIR) {
    console.log('skipped: DynamoDB Local is not here ($DYNAMODB_LOCAL_DIR is not set)');
    process.exit(77);
  }
  return dynamodbLocal(process.env.DYNAMODB_LOCAL_DIR);
}

const brief = (value, most = 1500) => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > most ? `${text.slice(0, most)}… (${text.length})` : text;
};

function show(failure) {
  const { request } = failure;
  console.log(`\nDIFFERENT: seed ${seed}, round ${failure.round}, operation ${failure.number} of it`);
  console.log(`  request  ${request.method ?? 'POST'} ${request.rawTarget ?? request.target} ${brief(request.text ?? request.body)}`);
  console.log(`  carillon ${failure.ours.status} ${brief(failure.ours.body)}`);
  console.log(`  witness  ${failure.theirs.status} ${brief(failure.theirs.body)}`);
}

async function showSmaller(failure, comparison) {
  const small = await shrink(failure, comparison);
  console.log(small.reproduced ? '  smallest that differs:' : '  does not differ when its table is built anew; all that went before:');
  for (const request of [...small.history.slice(-40), small.request]) console.log(`    ${request.rawTarget ?? request.target} ${brief(request.text ?? request.body, 3000)}`);
  console.log(`  again: node main.mjs --seed ${seed} --round ${failure.round} -- ${program.join(' ')}`);
}

function survey(failures) {
  const kinds = new Map();
  for (const failure of failures) {
    const gist = gistOf(failure);
    kinds.set(gist, [...(kinds.get(gist) ?? []), failure]);
  }
  for (const [gist, list] of [...kinds].sort((a, b) => a[1].length - b[1].length)) {
    console.log(`\n${list.length} × ${gist}`);
    const least = list.reduce((a, b) => (JSON.stringify(a).length < JSON.stringify(b).length ? a : b));
    console.log(`    e.g. round ${least.round} #${least.number} ${brief(least.request.text ?? least.request.body, 900)}\n      ours ${brief(least.ours.body, 500)}\n      them ${brief(least.theirs.body, 500)}`);
  }
}

const ours = carillon(program);
const theirs = witness();
const comparison = new Comparison(ours, theirs, rules.filter((rule) => !rule.witness || rule.witness === options.witness), failuresMost);
await Promise.all([ours.start(), theirs.start()]);
const began = Date.now();
let round = options.round === undefined ? 0 : Number(options.round);
try {
  while (comparison.count < wanted && comparison.failures.length < failuresMost) {
    comparison.round = round;
    await runRound(new Chance((Math.imul(seed, 1000003) + round) >>> 0), `Differential_${seed}_${round}`, comparison);
    if (options.round !== undefined) break;
    if (options.verbose) console.log(`round ${round}: ${comparison.count} operations, ${comparison.failures.length} differences`);
    round++;
  }
  if (!options.survey) {
    for (const failure of comparison.failures) {
      show(failure);
      await showSmaller(failure, comparison);
    }
  }
} finally {
  await Promise.all([ours.stop(), theirs.stop()]);
}
if (options.survey) survey(comparison.failures);

const seconds = (Date.now() - began) / 1000;
const explained = [...comparison.explained.values()].reduce((sum, count) => sum + count, 0);
console.log(`\n${comparison.count} operations compared with ${theirs.name} in ${seconds.toFixed(0)} s (seed ${seed}, ${comparison.successes} succeeded): `
  + `${comparison.failures.length} unexplained differences, ${explained} explained by ${comparison.explained.size} rules; the witness fell ${comparison.falls} times`);
for (const rule of comparison.rules) {
  const count = comparison.explained.get(rule.id) ?? 0;
  if (options.verbose || (count === 0 && wanted >= 100000)) console.log(count === 0 ? `  never needed: ${rule.id}` : `  ${count} × ${rule.id}`);
}
process.exit(comparison.failures.length ? 1 : 0);
