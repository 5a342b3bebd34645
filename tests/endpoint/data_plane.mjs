// The data plane beyond the first steps of sdk.mjs: legacy parameters, reports, limits, paginators,
// idempotency and the document client.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as db from '@aws-sdk/client-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';
import { client, createTable, documents, fails, send } from './support/rig.mjs';

const table = `data-${process.pid}`;
const TableName = table;
const key = (id, at = 1) => ({ id: { S: id }, at: { N: `${at}` } });
const put = (Item, parts) => send(new db.PutItemCommand({ TableName, Item, ...parts }));
const get = async (id, at) => (await send(
  new db.GetItemCommand({ TableName, Key: key(id, at), ConsistentRead: true }))).Item;

before(() => createTable(table));
after(() => send(new db.DeleteTableCommand({ TableName })));

describe('legacy parameters', () => {
  test('Expected and ConditionalOperator', async () => {
    await put({ ...key('expected'), n: { N: '5' } });
    const conditional = (Expected, ConditionalOperator) => put(
      { ...key('expected'), n: { N: '5' } }, { Expected, ConditionalOperator });
    await conditional({ n: { ComparisonOperator: 'GT', AttributeValueList: [{ N: '4' }] } });
    await conditional({ n: { Value: { N: '5' } }, other: { Exists: false } });
    await fails(conditional({ n: { Value: { N: '6' } } }), 'ConditionalCheckFailedException');
    await conditional({ n: { Value: { N: '6' } }, other: { Exists: false } }, 'OR');
    await fails(put(key('expected'), {
      Expected: { n: { Value: { N: '5' } } }, ConditionExpression: 'attribute_exists(id)',
    }), 'ValidationException', /expression and non-expression parameters/);
  });

  test('AttributeUpdates', async () => {
    const { Attributes } = await send(new db.UpdateItemCommand({
      TableName, Key: key('updates'), ReturnValues: 'ALL_NEW',
      AttributeUpdates: {
        a: { Action: 'PUT', Value: { S: 'x' } },
        n: { Action: 'ADD', Value: { N: '2' } },
        gone: { Action: 'DELETE' },
      },
    }));
    assert.deepEqual(Attributes, { ...key('updates'), a: { S: 'x' }, n: { N: '2' } });
  });

  test('KeyConditions, QueryFilter, ScanFilter, AttributesToGet', async () => {
    for (let at = 0; at < 6; at += 1) {
      await put({ ...key('legacy', at), even: { BOOL: at % 2 === 0 } });
    }
    const id = { ComparisonOperator: 'EQ', AttributeValueList: [{ S: 'legacy' }] };
    const even = { even: { ComparisonOperator: 'EQ', AttributeValueList: [{ BOOL: true }] } };
    const query = await send(new db.QueryCommand({
      TableName,
      KeyConditions: { id, at: { ComparisonOperator: 'GE', AttributeValueList: [{ N: '2' }] } },
      QueryFilter: even, AttributesToGet: ['at'],
    }));
    assert.deepEqual(query.Items, [{ at: { N: '2' } }, { at: { N: '4' } }]);
    assert.equal(query.ScannedCount, 4);
    const scan = await send(new db.ScanCommand({ TableName, ScanFilter: { id, ...even } }));
    assert.equal(scan.Count, 3);
    const item = await send(new db.GetItemCommand({
      TableName, Key: key('legacy', 2), AttributesToGet: ['even'],
    }));
    assert.deepEqual(item.Item, { even: { BOOL: true } });
  });
});

describe('single items', () => {
  test('every kind of ReturnValues', async () => {
    const update = (ReturnValues, n) => send(new db.UpdateItemCommand({
      TableName, Key: key('returned'), ReturnValues,
      UpdateExpression: 'SET #n = :n, keep = if_not_exists(keep, :n)',
      ExpressionAttributeNames: { '#n': 'n' }, ExpressionAttributeValues: { ':n': { N: n } },
    })).then((answer) => answer.Attributes);
    assert.equal(await update('NONE', '1'), undefined);
    assert.deepEqual(await update('UPDATED_OLD', '2'), { n: { N: '1' }, keep: { N: '1' } });
    assert.deepEqual(await update('UPDATED_NEW', '3'), { n: { N: '3' }, keep: { N: '1' } });
    assert.deepEqual(await update('ALL_OLD', '4'),
      { ...key('returned'), n: { N: '3' }, keep: { N: '1' } });
    assert.deepEqual(await update('ALL_NEW', '5'),
      { ...key('returned'), n: { N: '5' }, keep: { N: '1' } });
    const old = await put(key('returned'), { ReturnValues: 'ALL_OLD' });
    assert.equal(old.Attributes.n.N, '5');
    await fails(put(key('returned'), { ReturnValues: 'ALL_NEW' }), 'ValidationException',
      'ReturnValues can only be ALL_OLD or NONE');
  });

  test('sets, lists and maps change in place', async () => {
    await put({ ...key('nested'), s: { SS: ['a'] }, l: { L: [{ N: '1' }] }, m: { M: {} } });
    await send(new db.UpdateItemCommand({
      TableName, Key: key('nested'),
      UpdateExpression: 'SET l = list_append(l, :l), m.x = :x, l[0] = l[0] - :x ADD s :s',
      ExpressionAttributeValues: {
        ':l': { L: [{ S: 'end' }] }, ':x': { N: '1' }, ':s': { SS: ['b'] },
      },
    })).then(() => assert.fail('overlapping paths'), (error) => {
      assert.match(error.message, /Two document paths overlap/);
    });
    await send(new db.UpdateItemCommand({
      TableName, Key: key('nested'),
      UpdateExpression: 'SET l = list_append(l, :l), m.x = :x ADD s :s',
      ExpressionAttributeValues: {
        ':l': { L: [{ S: 'end' }] }, ':x': { N: '1' }, ':s': { SS: ['b'] },
      },
    }));
    assert.deepEqual(await get('nested'), {
      ...key('nested'), s: { SS: ['a', 'b'] }, l: { L: [{ N: '1' }, { S: 'end' }] },
      m: { M: { x: { N: '1' } } },
    });
    await send(new db.UpdateItemCommand({
      TableName, Key: key('nested'), UpdateExpression: 'REMOVE l[0], m.x DELETE s :s',
      ExpressionAttributeValues: { ':s': { SS: ['a', 'b'] } },
    }));
    assert.deepEqual(await get('nested'),
      { ...key('nested'), l: { L: [{ S: 'end' }] }, m: { M: {} } });
  });

  test('numbers keep 38 digits and lose nothing but their spelling', async () => {
    await put({ ...key('numbers'), a: { N: '0012345678901234567890123456789012345.678' },
      b: { N: '1E+3' }, c: { N: '-0.0' } });
    const { a, b, c } = await get('numbers');
    assert.deepEqual([a.N, b.N, c.N], ['12345678901234567890123456789012345.678', '1000', '0']);
    await fails(put({ ...key('numbers'), a: { N: '1'.repeat(39) } }), 'ValidationException',
      /more than 38 significant digits/);
  });

  test('an item holds 400 KB and no more', async () => {
    const overhead = 'id'.length + 'size'.length + 'at'.length + 2 + 'b'.length;
    const fits = 400 * 1024 - overhead;
    await put({ ...key('size'), b: { S: 'x'.repeat(fits) } });
    await fails(put({ ...key('size'), b: { S: 'x'.repeat(fits + 1) } }), 'ValidationException',
      'Item size has exceeded the maximum allowed size');
  });

  test('consumed capacity and collections are reported', async () => {
    const answer = await put({ ...key('report'), owner: { S: 'o' }, title: { S: 't' } }, {
      ReturnConsumedCapacity: 'INDEXES', ReturnItemCollectionMetrics: 'SIZE',
    });
    assert.equal(answer.ConsumedCapacity.CapacityUnits, 3);
    assert.equal(answer.ConsumedCapacity.Table.CapacityUnits, 1);
    assert.equal(answer.ConsumedCapacity.GlobalSecondaryIndexes['by-owner'].CapacityUnits, 1);
    assert.equal(answer.ConsumedCapacity.LocalSecondaryIndexes['by-title'].CapacityUnits, 1);
    assert.deepEqual(answer.ItemCollectionMetrics.ItemCollectionKey, { id: { S: 'report' } });
  });

  test('two writers with one condition: one wins', async () => {
    await put({ ...key('race'), v: { N: '0' } });
    const results = await Promise.allSettled(Array.from({ length: 16 }, () => send(
      new db.UpdateItemCommand({
        TableName, Key: key('race'), UpdateExpression: 'SET v = v + :one',
        ConditionExpression: 'v = :zero',
        ExpressionAttributeValues: { ':one': { N: '1' }, ':zero': { N: '0' } },
      }))));
    assert.equal(results.filter((one) => one.status === 'fulfilled').length, 1);
    assert.ok(results.every((one) => one.status === 'fulfilled'
      || one.reason.name === 'ConditionalCheckFailedException'));
  });
});

describe('pages', () => {
  before(async () => {
    for (let first = 0; first < 100; first += 25) {
      await send(new db.BatchWriteItemCommand({ RequestItems: { [table]: Array.from(
        { length: 25 }, (_, i) => ({ PutRequest: { Item: {
          ...key('pages', first + i), owner: { S: `owner${(first + i) % 4}` },
          title: { S: `t${100 + first + i}` }, filler: { S: 'f'.repeat(30_000) },
        } } })) } }));
    }
  });

  test('a page ends at 1 MB', async () => {
    const page = await send(new db.QueryCommand({
      TableName, KeyConditionExpression: 'id = :id', ExpressionAttributeValues: { ':id': { S: 'pages' } },
    }));
    assert.ok(page.Count > 30 && page.Count < 40, `${page.Count} items`);
    assert.ok(page.LastEvaluatedKey);
  });

  test('paginateQuery over an index sees each item once', async () => {
    const seen = [];
    for await (const page of db.paginateQuery({ client, pageSize: 4 }, {
      TableName, IndexName: 'by-owner', KeyConditionExpression: '#o = :o',
      ExpressionAttributeNames: { '#o': 'owner' }, ExpressionAttributeValues: { ':o': { S: 'owner1' } },
      ProjectionExpression: 'id, #o',
    })) seen.push(...page.Items);
    assert.equal(seen.length, 25);
    assert.deepEqual(Object.keys(seen[0]).sort(), ['id', 'owner']);
  });

  test('paginateScan with a filter, and segments, see each item once', async () => {
    const count = async (parts) => {
      let found = 0;
      for await (const page of db.paginateScan({ client, pageSize: 9 }, {
        TableName, FilterExpression: 'id = :id AND begins_with(title, :t)', Select: 'COUNT',
        ExpressionAttributeValues: { ':id': { S: 'pages' }, ':t': { S: 't1' } }, ...parts,
      })) found += page.Count;
      return found;
    };
    assert.equal(await count({}), 100);
    const segments = await Promise.all(Array.from({ length: 4 }, (_, Segment) => count(
      { Segment, TotalSegments: 4 })));
    assert.equal(segments.reduce((a, b) => a + b), 100);
  });

  test('a local index answers with what it holds, or with all', async () => {
    const query = (Select) => send(new db.QueryCommand({
      TableName, IndexName: 'by-title', KeyConditionExpression: 'id = :id AND begins_with(title, :t)',
      ExpressionAttributeValues: { ':id': { S: 'pages' }, ':t': { S: 't10' } },
      ScanIndexForward: false, ConsistentRead: true, Select,
    }));
    const held = await query('ALL_PROJECTED_ATTRIBUTES');
    assert.equal(held.Count, 10);
    assert.equal(held.Items[0].title.S, 't109');
    assert.equal(held.Items[0].filler, undefined);
    assert.equal((await query('ALL_ATTRIBUTES')).Items[0].filler.S.length, 30_000);
  });

  test('BatchGetItem leaves over 16 MB for later', async () => {
    for (let n = 0; n < 45; n += 1) await put({ ...key('big', n), b: { S: 'x'.repeat(390_000) } });
    let RequestItems = { [table]: { Keys: Array.from({ length: 45 }, (_, n) => key('big', n)) } };
    let found = 0;
    let calls = 0;
    while (RequestItems[table]) {
      const answer = await send(new db.BatchGetItemCommand({ RequestItems }));
      found += answer.Responses[table].length;
      RequestItems = answer.UnprocessedKeys;
      calls += 1;
    }
    assert.equal(found, 45);
    assert.equal(calls, 2);
  });
});

describe('limits of requests', () => {
  const puts = (count) => Array.from({ length: count }, (_, n) => (
    { PutRequest: { Item: key('limit', n) } }));

  test('BatchWriteItem: 25, none twice, deletes beside puts', async () => {
    const write = (requests) => send(new db.BatchWriteItemCommand({ RequestItems: { [table]: requests } }));
    await write(puts(25));
    await fails(write(puts(26)), 'ValidationException', /less than or equal to 25/);
    await fails(write([...puts(1), ...puts(1)]), 'ValidationException',
      'Provided list of item keys contains duplicates');
    await write([{ DeleteRequest: { Key: key('limit', 0) } }, { PutRequest: { Item: key('limit', 99) } }]);
    assert.equal(await get('limit', 0), undefined);
    assert.deepEqual(await get('limit', 99), key('limit', 99));
  });

  test('BatchGetItem: 100 keys', () => fails(send(new db.BatchGetItemCommand({
    RequestItems: { [table]: { Keys: Array.from({ length: 101 }, (_, n) => key('limit', n)) } },
  })), 'ValidationException', /less than or equal to 100|Too many items requested/));

  test('TransactWriteItems: 100 items, one operation each', async () => {
    const write = (count, id = (n) => n) => send(new db.TransactWriteItemsCommand({
      TransactItems: Array.from({ length: count }, (_, n) => (
        { Put: { TableName, Item: key('many', id(n)) } })),
    }));
    await write(100);
    await fails(write(101), 'ValidationException', /less than or equal to 100/);
    await fails(write(2, () => 1), 'ValidationException',
      'Transaction request cannot include multiple operations on one item');
  });

  test('TransactGetItems: a snapshot in order, at most 100', async () => {
    const read = (count) => send(new db.TransactGetItemsCommand({
      TransactItems: Array.from({ length: count }, (_, n) => (
        { Get: { TableName, Key: key('many', n), ProjectionExpression: '#at',
          ExpressionAttributeNames: { '#at': 'at' } } })),
    }));
    const { Responses } = await read(100);
    assert.deepEqual(Responses.map((one) => Number(one.Item.at.N)),
      Array.from({ length: 100 }, (_, n) => n));
    await fails(read(101), 'ValidationException', /less than or equal to 100/);
  });
});

describe('transactions', () => {
  test('a token makes a repetition harmless, also beside conditions', async () => {
    const move = (ClientRequestToken, amount) => send(new db.TransactWriteItemsCommand({
      ClientRequestToken, ReturnConsumedCapacity: 'TOTAL',
      TransactItems: [
        { Update: {
          TableName, Key: key('account', 1), UpdateExpression: 'ADD balance :a',
          ExpressionAttributeValues: { ':a': { N: `${-amount}` } },
        } },
        { Put: {
          TableName, Item: { ...key('receipt'), token: { S: ClientRequestToken } },
          ConditionExpression: 'attribute_not_exists(id)',
        } },
      ],
    }));
    const first = await move('same', 5);
    assert.equal(first.ConsumedCapacity[0].TableName, table);
    await move('same', 5);
    assert.equal((await get('account')).balance.N, '-5');
    await fails(move('same', 6), 'IdempotentParameterMismatchException');
    const error = await fails(move('other', 5), 'TransactionCanceledException');
    assert.deepEqual(error.CancellationReasons.map((reason) => reason.Code),
      ['None', 'ConditionalCheckFailed']);
    assert.equal((await get('account')).balance.N, '-5');
  });

  test('a reason brings the item when it is asked for', async () => {
    await put({ ...key('reason'), v: { S: 'here' } });
    const error = await fails(send(new db.TransactWriteItemsCommand({
      TransactItems: [
        { Delete: { TableName, Key: key('reason', 2) } },
        { ConditionCheck: {
          TableName, Key: key('reason'), ConditionExpression: 'v = :v',
          ExpressionAttributeValues: { ':v': { S: 'there' } },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        } },
      ],
    })), 'TransactionCanceledException');
    assert.deepEqual(error.CancellationReasons[1].Item, { ...key('reason'), v: { S: 'here' } });
  });

  test('a write that does not fit its table is a reason, too', async () => {
    const error = await fails(send(new db.TransactWriteItemsCommand({
      TransactItems: [
        { Put: { TableName, Item: key('fits') } },
        { Delete: { TableName, Key: { id: { S: 'only half of the key' } } } },
      ],
    })), 'TransactionCanceledException');
    assert.deepEqual(error.CancellationReasons, [{ Code: 'None' },
      { Code: 'ValidationError', Message: 'The provided key element does not match the schema' }]);
    assert.equal(await get('fits'), undefined);
  });
});

describe('tables by their ARN', () => {
  test('in batches, whose answers name them as they were asked for', async () => {
    const { Table } = await send(new db.DescribeTableCommand({ TableName }));
    const arn = Table.TableArn;
    await send(new db.BatchWriteItemCommand({
      RequestItems: { [arn]: [{ PutRequest: { Item: key('by arn') } }] },
    }));
    const { Responses } = await send(new db.BatchGetItemCommand({
      RequestItems: { [arn]: { Keys: [key('by arn')] } },
    }));
    assert.deepEqual(Responses, { [arn]: [key('by arn')] });
  });
});

describe('the document client', () => {
  const Key = { id: 'document', at: 1 };

  test('writes, reads, updates and deletes plain objects', async () => {
    const Item = { ...Key, text: 'x', list: [1, { deep: true }], set: new Set([1, 2]), nothing: null,
      bytes: Uint8Array.from([1, 2]) };
    await documents.send(new lib.PutCommand({ TableName, Item }));
    assert.deepEqual((await documents.send(new lib.GetCommand({ TableName, Key }))).Item, Item);
    const updated = await documents.send(new lib.UpdateCommand({
      TableName, Key, UpdateExpression: 'SET #l[1].deep = :no REMOVE bytes, nothing, #s, #t',
      ExpressionAttributeNames: { '#l': 'list', '#s': 'set', '#t': 'text' },
      ExpressionAttributeValues: { ':no': false }, ReturnValues: 'ALL_NEW',
    }));
    assert.deepEqual(updated.Attributes, { ...Key, list: [1, { deep: false }] });
    const deleted = await documents.send(
      new lib.DeleteCommand({ TableName, Key, ReturnValues: 'ALL_OLD' }));
    assert.deepEqual(deleted.Attributes, { ...Key, list: [1, { deep: false }] });
  });

  test('queries, scans, batches and transactions', async () => {
    const items = Array.from({ length: 10 }, (_, at) => ({ id: 'documents', at, even: at % 2 === 0 }));
    await documents.send(new lib.BatchWriteCommand({
      RequestItems: { [table]: items.map((Item) => ({ PutRequest: { Item } })) },
    }));
    const queried = [];
    for await (const page of lib.paginateQuery({ client: documents, pageSize: 3 }, {
      TableName, KeyConditionExpression: 'id = :id', ExpressionAttributeValues: { ':id': 'documents' },
    })) queried.push(...page.Items);
    assert.deepEqual(queried, items);
    const scanned = [];
    for await (const page of lib.paginateScan({ client: documents }, {
      TableName, FilterExpression: 'even = :yes AND id = :id',
      ExpressionAttributeValues: { ':yes': true, ':id': 'documents' },
    })) scanned.push(...page.Items);
    assert.equal(scanned.length, 5);
    const batch = await documents.send(new lib.BatchGetCommand({
      RequestItems: { [table]: { Keys: items.map(({ id, at }) => ({ id, at })) } },
    }));
    assert.equal(batch.Responses[table].length, 10);
    await documents.send(new lib.TransactWriteCommand({ TransactItems: [
      { Update: { TableName, Key: { id: 'documents', at: 0 }, UpdateExpression: 'SET even = :no',
        ExpressionAttributeValues: { ':no': false } } },
      { Delete: { TableName, Key: { id: 'documents', at: 1 } } },
    ] }));
    const read = await documents.send(new lib.TransactGetCommand({ TransactItems: [0, 1].map(
      (at) => ({ Get: { TableName, Key: { id: 'documents', at } } })) }));
    assert.deepEqual(read.Responses.map((one) => one.Item),
      [{ id: 'documents', at: 0, even: false }, undefined]);
  });
});
