// PartiQL through the AWS SDK for JavaScript: plain client and document client.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as db from '@aws-sdk/client-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';
import { createTable, documents, fails, send } from './support/rig.mjs';

const table = `partiql-${process.pid}`;
const name = `"${table}"`;

const run = (Statement, Parameters, more = {}) =>
  send(new db.ExecuteStatementCommand({ Statement, Parameters, ...more }));
const plain = (Statement, Parameters, more = {}) =>
  documents.send(new lib.ExecuteStatementCommand({ Statement, Parameters, ...more }));

before(() => createTable(table));
after(() => send(new db.DeleteTableCommand({ TableName: table })));

describe('ExecuteStatement', () => {
  test('inserts, reads, changes and deletes an item', async () => {
    const inserted = await run(
      `INSERT INTO ${name} VALUE {'id': 'a', 'at': 1, 'n': 5, 'tags': <<'x', 'y'>>, 'm': {'l': [1, TRUE, NULL]}}`);
    assert.deepEqual(inserted.Items, []);
    const read = await run(`SELECT * FROM ${name} WHERE id = 'a' AND "at" = 1`);
    assert.deepEqual(read.Items, [{
      id: { S: 'a' }, at: { N: '1' }, n: { N: '5' }, tags: { SS: ['x', 'y'] },
      m: { M: { l: { L: [{ N: '1' }, { BOOL: true }, { NULL: true }] } } },
    }]);
    const changed = await run(
      `UPDATE ${name} SET n = n + ?, m.l = list_append(m.l, ['z']), tags = set_add(tags, <<'w'>>) `
      + `WHERE id = 'a' AND "at" = 1 AND n = 5 RETURNING MODIFIED NEW *`,
      [{ N: '2' }]);
    assert.deepEqual(changed.Items[0].n, { N: '7' });
    assert.deepEqual(changed.Items[0].tags, { SS: ['w', 'x', 'y'] });
    const gone = await run(`DELETE FROM ${name} WHERE id = ? AND "at" = ? RETURNING ALL OLD *`,
      [{ S: 'a' }, { N: '1' }]);
    assert.equal(gone.Items.length, 1);
    assert.deepEqual((await run(`SELECT * FROM ${name} WHERE id = 'a'`)).Items, []);
  });

  test('says what is wrong', async () => {
    await run(`INSERT INTO ${name} VALUE {'id': 'twice', 'at': 1}`);
    await fails(run(`INSERT INTO ${name} VALUE {'id': 'twice', 'at': 1}`),
      'DuplicateItemException', /Duplicate primary key exists in table/);
    await fails(run(`UPDATE ${name} SET n = 1 WHERE id = 'nobody' AND "at" = 1`),
      'ConditionalCheckFailedException');
    await fails(run(`UPDATE ${name} SET n = 1 WHERE id = 'twice'`), 'ValidationException',
      /Where clause does not contain a mandatory equality on all key attributes/);
    await fails(run('SELECT everything'), 'ValidationException',
      /Statement wasn't well formed, can't be processed/);
    await fails(run('SELECT * FROM "no-such-table"'), 'ResourceNotFoundException');
  });

  test('pages by token', async () => {
    for (let at = 1; at <= 5; ++at) {
      await plain(`INSERT INTO ${name} VALUE ?`, [{ id: 'paged', at, even: at % 2 === 0 }]);
    }
    const seen = [];
    let NextToken;
    do {
      const page = await plain(`SELECT "at" FROM ${name} WHERE id = ? ORDER BY "at" DESC`,
        ['paged'], { Limit: 2, NextToken });
      seen.push(...page.Items.map((item) => item.at));
      NextToken = page.NextToken;
    } while (NextToken);
    assert.deepEqual(seen, [5, 4, 3, 2, 1]);
    const even = await plain(`SELECT * FROM ${name} WHERE id = 'paged' AND even = TRUE`);
    assert.deepEqual(even.Items.map((item) => item.at), [2, 4]);
    const some = await plain(`SELECT * FROM ${name} WHERE id IN ? AND "at" < 3`, [['paged', 'none']]);
    assert.equal(some.Items.length, 2);
  });

  test('reports capacity', async () => {
    const { ConsumedCapacity } = await run(`SELECT * FROM ${name} WHERE id = 'none'`, undefined,
      { ReturnConsumedCapacity: 'TOTAL', ConsistentRead: true });
    assert.deepEqual(ConsumedCapacity, { TableName: table, CapacityUnits: 1 });
  });
});

describe('BatchExecuteStatement', () => {
  test('writes, with an error for each that fails', async () => {
    const { Responses } = await documents.send(new lib.BatchExecuteStatementCommand({
      Statements: [
        { Statement: `INSERT INTO ${name} VALUE {'id': ?, 'at': 1}`, Parameters: ['batch'] },
        { Statement: `INSERT INTO ${name} VALUE {'id': 'batch', 'at': 1}` },
        { Statement: 'nonsense' },
        { Statement: `UPDATE ${name} SET n = 1 WHERE id = 'batch' AND "at" = 1` },
      ],
    }));
    assert.equal(Responses.length, 4);
    assert.equal(Responses[0].Error, undefined);
    assert.equal(Responses[1].Error.Code, 'DuplicateItem');
    assert.equal(Responses[2].Error.Code, 'ValidationError');
    assert.equal(Responses[3].Error, undefined);
    const read = await documents.send(new lib.BatchExecuteStatementCommand({
      Statements: [
        { Statement: `SELECT n FROM ${name} WHERE id = 'batch' AND "at" = ?`, Parameters: [1] },
        { Statement: `SELECT n FROM ${name} WHERE id = 'batch' AND "at" = ?`, Parameters: [9] },
      ],
    }));
    assert.deepEqual(read.Responses.map((one) => one.Item), [{ n: 1 }, undefined]);
  });
});

describe('ExecuteTransaction', () => {
  test('writes all or nothing, and reads', async () => {
    await send(new db.ExecuteTransactionCommand({ TransactStatements: [
      { Statement: `INSERT INTO ${name} VALUE {'id': 't', 'at': 1, 'n': 1}` },
      { Statement: `INSERT INTO ${name} VALUE {'id': 't', 'at': 2, 'n': 1}` },
    ] }));
    await fails(documents.send(new lib.ExecuteTransactionCommand({
      TransactStatements: [
        { Statement: `UPDATE ${name} SET n = 2 WHERE id = 't' AND "at" = 1` },
        { Statement: `EXISTS(SELECT * FROM ${name} WHERE id = 't' AND "at" = 2 AND n = 99)` },
      ],
    })), 'TransactionCanceledException');
    const { Responses } = await documents.send(new lib.ExecuteTransactionCommand({
      TransactStatements: [1, 2].map((at) => (
        { Statement: `SELECT n FROM ${name} WHERE id = 't' AND "at" = ?`, Parameters: [at] })),
    }));
    assert.deepEqual(Responses.map((one) => one.Item.n), [1, 1]);
    await send(new db.ExecuteTransactionCommand({ TransactStatements: [
      { Statement: `UPDATE ${name} SET n = n + 1 WHERE id = 't' AND "at" = 1` },
      { Statement: `EXISTS(SELECT * FROM ${name} WHERE id = 't' AND "at" = 2 AND n = 1)` },
      { Statement: `DELETE FROM ${name} WHERE id = 'nobody' AND "at" = 1` },
    ] }));
    const read = await plain(`SELECT n FROM ${name} WHERE id = 't' AND "at" = 1`);
    assert.deepEqual(read.Items, [{ n: 2 }]);
  });
});
