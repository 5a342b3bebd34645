// One round: a table, items, some hundred requests to it, and at the end all that is in it.

import { awaitTable, dropTable, makeTableOnBoth, WitnessFell } from '../lib/comparison.mjs';
import { largeRequests } from './large.mjs';
import { broken, mangled } from './malformed.mjs';
import { fill, request } from './requests.mjs';
import { keyValue, makeTable } from './schema.mjs';
import { createTable, describe } from './tables.mjs';

const requestsPerRound = 250;

function next(chance, table) {
  return chance.weighted([
    [86, () => request(chance, table)],
    [8, () => broken(chance, request(chance, table))],
    [3, () => mangled(chance, request(chance, table))],
    [1, () => createTable(chance, table.create)],
    [2, () => describe(chance, table)],
  ])();
}

/** Where later queries and scans may start. */
function remember(table, sent) {
  const key = sent.ours.body?.LastEvaluatedKey;
  if (key) table.startKeys = [...table.startKeys.slice(-20), { key, index: sent.request.body.IndexName }];
}

/** Through a whole index in pages of a few items: a scan, and queries both ways. */
function walks(chance, table, index) {
  const body = { TableName: table.name, IndexName: index.name, Limit: chance.int(1, 4) };
  const query = (forward) => ({
    target: 'Query',
    walk: true,
    sortKey: index.range,
    body: {
      ...body,
      KeyConditionExpression: '#h = :h',
      ExpressionAttributeNames: { '#h': index.hash },
      ExpressionAttributeValues: { ':h': keyValue(chance, table.types[index.hash]) },
      ScanIndexForward: forward,
    },
  });
  return [{ target: 'Scan', walk: true, body }, query(true), query(false)];
}

/** A CreateTable that was meant to fail may succeed: its table goes. */
async function forget(comparison, sent, table) {
  const made = sent.request.body?.TableName;
  if (sent.request.target !== 'CreateTable' || typeof made !== 'string' || made === table.name) return;
  if (sent.ours.status !== 200 && sent.theirs.status !== 200) return;
  await dropTable([comparison.ours, comparison.theirs], made);
}

async function run(chance, table, comparison) {
  await comparison.send({ target: 'CreateTable', body: table.create }, table);
  for (const server of [comparison.ours, comparison.theirs]) await awaitTable(server, table.name, true);
  let history = [];
  const fills = chance.int(5, 30);
  for (let i = 0; i < requestsPerRound && !comparison.stopped; i++) {
    const one = i < fills ? fill(chance, table) : next(chance, table);
    const sent = await comparison.send(one, table, history);
    remember(table, sent);
    if (one.target === 'CreateTable') await forget(comparison, sent, table);
    if (sent.apart) {
      await makeTableOnBoth(comparison, table.create);
      history = [];
    } else if (sent.ours.status === 200 && /Put|Update|Delete|Write/.test(one.target)) {
      history.push(one);
    }
  }
  if (chance.yes(0.04)) {
    await makeTableOnBoth(comparison, table.create);
    history = [];
    for (const one of largeRequests(chance, table)) {
      await comparison.send(one, table, history);
      history.push(one);
    }
  }
  await comparison.send({ target: 'Scan', body: { TableName: table.name } }, table, history);
  for (const index of table.indexes) {
    await comparison.send({ target: 'Scan', body: { TableName: table.name, IndexName: index.name } }, table, history);
    for (const one of walks(chance, table, index)) await comparison.send(one, table, history);
  }
  await dropTable([comparison.ours, comparison.theirs], table.name);
}

export async function runRound(chance, name, comparison) {
  comparison.number = 0;
  const table = makeTable(chance, name);
  try {
    await run(chance, table, comparison);
  } catch (error) {
    // It may also fall behind its last answer, which only the next request notices.
    if (!(error instanceof WitnessFell) && !(await comparison.restartFallen())) throw error;
    await dropTable([comparison.ours], name);
  }
}
