// Every operation of the endpoint, called as an application calls it: by the AWS SDK for
// JavaScript. ENDPOINT is its URL; run.sh starts a server and sets it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as db from '@aws-sdk/client-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';
import { client, createTable, documents, fails, send, sent } from './support/rig.mjs';

const table = `sdk-${process.pid}`;
const key = (id, at = '1') => ({ id: { S: id }, at: { N: at } });

before(async () => {
  const made = await createTable(table);
  assert.equal(made.TableDescription.TableStatus, 'CREATING');
});

after(async () => {
  await send(new db.DeleteTableCommand({ TableName: table }));
  await fails(send(new db.DescribeTableCommand({ TableName: table })),
    'ResourceNotFoundException', /Requested resource not found: Table: .* not found/);
  // So that none is forgotten: this is every operation of the data and the control plane.
  assert.deepEqual([...sent].filter((name) => name !== 'ListBackups').sort(), [
    'BatchGetItem', 'BatchWriteItem', 'CreateTable', 'DeleteItem', 'DeleteTable',
    'DescribeEndpoints', 'DescribeLimits', 'DescribeTable', 'DescribeTimeToLive', 'GetItem',
    'ListTables', 'ListTagsOfResource', 'PutItem', 'Query', 'Scan', 'TagResource',
    'TransactGetItems', 'TransactWriteItems', 'UntagResource', 'UpdateItem', 'UpdateTable',
    'UpdateTimeToLive',
  ]);
});

describe('control plane', () => {
  test('DescribeTable', async () => {
    const { Table } = await send(new db.DescribeTableCommand({ TableName: table }));
    assert.equal(Table.TableStatus, 'ACTIVE');
    assert.ok(Table.CreationDateTime instanceof Date);
    assert.equal(Table.GlobalSecondaryIndexes[0].IndexStatus, 'ACTIVE');
    assert.equal(Table.BillingModeSummary.BillingMode, 'PAY_PER_REQUEST');
  });

  test('CreateTable of one that exists', () => fails(send(new db.CreateTableCommand({
    TableName: table,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  })), 'ResourceInUseException'));

  test('ListTables', async () => {
    const names = [];
    for await (const page of db.paginateListTables({ client, pageSize: 1 }, {})) {
      names.push(...page.TableNames);
    }
    assert.ok(names.includes(table));
  });

  test('UpdateTable makes an index of what is stored, and drops it', async () => {
    await send(new db.PutItemCommand({
      TableName: table, Item: { ...key('indexed'), colour: { S: 'red' } },
    }));
    await send(new db.UpdateTableCommand({
      TableName: table,
      AttributeDefinitions: [{ AttributeName: 'colour', AttributeType: 'S' }],
      GlobalSecondaryIndexUpdates: [{ Create: {
        IndexName: 'by-colour',
        KeySchema: [{ AttributeName: 'colour', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      } }],
    }));
    const found = await send(new db.QueryCommand({
      TableName: table, IndexName: 'by-colour', KeyConditionExpression: 'colour = :c',
      ExpressionAttributeValues: { ':c': { S: 'red' } },
    }));
    assert.deepEqual(found.Items, [{ ...key('indexed'), colour: { S: 'red' } }]);
    await send(new db.UpdateTableCommand({
      TableName: table,
      GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'by-colour' } }],
    }));
  });

  test('UpdateTimeToLive and DescribeTimeToLive', async () => {
    const specification = { AttributeName: 'expires', Enabled: true };
    await send(new db.UpdateTimeToLiveCommand({
      TableName: table, TimeToLiveSpecification: specification,
    }));
    const { TimeToLiveDescription } = await send(
      new db.DescribeTimeToLiveCommand({ TableName: table }));
    assert.deepEqual(TimeToLiveDescription,
      { AttributeName: 'expires', TimeToLiveStatus: 'ENABLED' });
    await send(new db.PutItemCommand({
      TableName: table,
      Item: { ...key('gone'), expires: { N: `${Math.floor(Date.now() / 1000) - 60}` } },
    }));
    const { Item } = await send(new db.GetItemCommand({ TableName: table, Key: key('gone') }));
    assert.equal(Item, undefined);
  });

  test('TagResource, ListTagsOfResource, UntagResource', async () => {
    const { Table } = await send(new db.DescribeTableCommand({ TableName: table }));
    const ResourceArn = Table.TableArn;
    await send(new db.TagResourceCommand({ ResourceArn, Tags: [{ Key: 'k', Value: 'v' }] }));
    const { Tags } = await send(new db.ListTagsOfResourceCommand({ ResourceArn }));
    assert.deepEqual(Tags, [{ Key: 'k', Value: 'v' }]);
    await send(new db.UntagResourceCommand({ ResourceArn, TagKeys: ['k'] }));
    assert.deepEqual((await send(new db.ListTagsOfResourceCommand({ ResourceArn }))).Tags, []);
  });

  test('DescribeLimits and DescribeEndpoints', async () => {
    assert.ok((await send(new db.DescribeLimitsCommand({}))).TableMaxReadCapacityUnits > 0);
    assert.equal((await send(new db.DescribeEndpointsCommand({}))).Endpoints.length, 1);
  });

  test('what is not there is an unknown operation', () =>
    fails(send(new db.ListBackupsCommand({})), 'UnknownOperationException'));
});

describe('items', () => {
  test('PutItem and GetItem of every type', async () => {
    const Item = {
      ...key('types'),
      text: { S: 'häß €' }, number: { N: '-1.5' }, bytes: { B: Uint8Array.from([0, 255, 1]) },
      yes: { BOOL: true }, nothing: { NULL: true }, words: { SS: ['a', 'b'] },
      numbers: { NS: ['1', '2'] }, list: { L: [{ S: 'x' }, { M: { deep: { N: '1' } } }] },
      blobs: { BS: [Uint8Array.from([1])] }, empty: { S: '' },
    };
    await send(new db.PutItemCommand({ TableName: table, Item }));
    const got = await send(new db.GetItemCommand({
      TableName: table, Key: key('types'), ConsistentRead: true, ReturnConsumedCapacity: 'TOTAL',
    }));
    assert.deepEqual(got.Item, Item);
    assert.equal(got.ConsumedCapacity.CapacityUnits, 1);
  });

  test('UpdateItem and its return values', async () => {
    const update = (UpdateExpression, ExpressionAttributeValues, ReturnValues) => send(
      new db.UpdateItemCommand({
        TableName: table, Key: key('update'), UpdateExpression, ExpressionAttributeValues,
        ReturnValues,
      })).then((answer) => answer.Attributes);
    assert.deepEqual(
      await update('SET a = :a, m = :m', { ':a': { N: '1' }, ':m': { M: { x: { S: 'y' }, z: { N: '1' } } } }, 'ALL_NEW'),
      { ...key('update'), a: { N: '1' }, m: { M: { x: { S: 'y' }, z: { N: '1' } } } });
    assert.deepEqual(await update('SET m.x = :b', { ':b': { S: 'b' } }, 'UPDATED_NEW'),
      { m: { M: { x: { S: 'b' } } } });
    assert.deepEqual(await update('ADD a :one', { ':one': { N: '1' } }, 'UPDATED_OLD'),
      { a: { N: '1' } });
  });

  test('a condition that fails brings the item', async () => {
    await send(new db.PutItemCommand({ TableName: table, Item: key('held') }));
    const error = await fails(send(new db.PutItemCommand({
      TableName: table, Item: key('held'), ConditionExpression: 'attribute_not_exists(id)',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    })), 'ConditionalCheckFailedException', /^The conditional request failed$/);
    assert.deepEqual(error.Item, key('held'));
  });

  test('DeleteItem', async () => {
    await send(new db.PutItemCommand({ TableName: table, Item: key('dead') }));
    const { Attributes, ItemCollectionMetrics } = await send(new db.DeleteItemCommand({
      TableName: table, Key: key('dead'), ReturnValues: 'ALL_OLD',
      ReturnItemCollectionMetrics: 'SIZE',
    }));
    assert.deepEqual(Attributes, key('dead'));
    assert.deepEqual(ItemCollectionMetrics.ItemCollectionKey, { id: { S: 'dead' } });
  });

  test('validation errors have names and texts', () => fails(send(new db.GetItemCommand({
    TableName: table, Key: { id: { S: 'a' } },
  })), 'ValidationException', /^The provided key element does not match the schema$/));
});

describe('reads of many', () => {
  before(async () => {
    for (let i = 0; i < 30; i += 1) {
      await send(new db.PutItemCommand({
        TableName: table,
        Item: { ...key('page', `${i}`), owner: { S: 'o' }, title: { S: `t${i % 3}` } },
      }));
    }
  });

  test('Query in pages, backwards', async () => {
    const seen = [];
    for await (const page of db.paginateQuery({ client, pageSize: 7 }, {
      TableName: table, KeyConditionExpression: 'id = :id AND #at BETWEEN :a AND :b',
      ExpressionAttributeNames: { '#at': 'at' }, ScanIndexForward: false,
      ExpressionAttributeValues: { ':id': { S: 'page' }, ':a': { N: '5' }, ':b': { N: '24' } },
    })) seen.push(...page.Items.map((item) => Number(item.at.N)));
    assert.deepEqual(seen, Array.from({ length: 20 }, (_, i) => 24 - i));
  });

  test('Query of a global and of a local index', async () => {
    const global = await send(new db.QueryCommand({
      TableName: table, IndexName: 'by-owner', KeyConditionExpression: '#o = :o', Select: 'COUNT',
      ExpressionAttributeNames: { '#o': 'owner' }, ExpressionAttributeValues: { ':o': { S: 'o' } },
    }));
    assert.equal(global.Count, 30);
    const local = await send(new db.QueryCommand({
      TableName: table, IndexName: 'by-title', KeyConditionExpression: 'id = :id AND title = :t',
      ExpressionAttributeValues: { ':id': { S: 'page' }, ':t': { S: 't1' } },
      Select: 'ALL_ATTRIBUTES', ReturnConsumedCapacity: 'INDEXES',
    }));
    assert.equal(local.Count, 10);
    assert.deepEqual(local.Items[0].owner, { S: 'o' });
  });

  test('Scan in segments', async () => {
    const counts = await Promise.all([0, 1, 2].map((Segment) => send(new db.ScanCommand({
      TableName: table, Segment, TotalSegments: 3, FilterExpression: 'id = :id',
      ExpressionAttributeValues: { ':id': { S: 'page' } },
    }))));
    assert.equal(counts.reduce((sum, page) => sum + page.Count, 0), 30);
  });

  test('BatchWriteItem and BatchGetItem', async () => {
    const keys = Array.from({ length: 25 }, (_, i) => key('batch', `${i}`));
    const written = await send(new db.BatchWriteItemCommand({
      RequestItems: { [table]: keys.map((Item) => ({ PutRequest: { Item } })) },
    }));
    assert.deepEqual(written.UnprocessedItems, {});
    const read = await send(new db.BatchGetItemCommand({
      RequestItems: { [table]: { Keys: keys, ConsistentRead: true } },
    }));
    assert.equal(read.Responses[table].length, 25);
    await fails(send(new db.BatchGetItemCommand({
      RequestItems: { [table]: { Keys: [keys[0], keys[0]] } },
    })), 'ValidationException', /duplicates/);
  });
});

describe('transactions', () => {
  test('TransactWriteItems is all or nothing, with reasons', async () => {
    const write = (at, condition) => send(new db.TransactWriteItemsCommand({
      TransactItems: [
        { Put: { TableName: table, Item: key('tx', at) } },
        { Update: {
          TableName: table, Key: key('tx-count'), UpdateExpression: 'ADD n :one',
          ExpressionAttributeValues: { ':one': { N: '1' } },
        } },
        { ConditionCheck: {
          TableName: table, Key: key('tx-check'), ConditionExpression: condition,
        } },
      ],
    }));
    await write('1', 'attribute_not_exists(id)');
    const error = await fails(write('2', 'attribute_exists(id)'), 'TransactionCanceledException',
      /\[None, None, ConditionalCheckFailed\]/);
    assert.deepEqual(error.CancellationReasons.map((reason) => reason.Code),
      ['None', 'None', 'ConditionalCheckFailed']);
    const { Responses } = await send(new db.TransactGetItemsCommand({
      TransactItems: [key('tx', '1'), key('tx', '2'), key('tx-count')].map(
        (Key) => ({ Get: { TableName: table, Key } })),
    }));
    assert.deepEqual(Responses.map((one) => one.Item),
      [key('tx', '1'), undefined, { ...key('tx-count'), n: { N: '1' } }]);
  });

  test('a token makes repetition harmless', async () => {
    const command = (ClientRequestToken, n) => new db.TransactWriteItemsCommand({
      ClientRequestToken,
      TransactItems: [{ Update: {
        TableName: table, Key: key('token'), UpdateExpression: 'ADD n :n',
        ExpressionAttributeValues: { ':n': { N: n } },
      } }],
    });
    const token = `t-${process.pid}`;
    await send(command(token, '1'));
    await send(command(token, '1'));
    const { Item } = await send(new db.GetItemCommand({ TableName: table, Key: key('token') }));
    assert.equal(Item.n.N, '1');
    await fails(send(command(token, '2')), 'IdempotentParameterMismatchException');
  });
});

describe('documents', () => {
  test('lib-dynamodb reads back what it wrote', async () => {
    const Item = { id: 'doc', at: 1, tags: new Set(['a']), nested: { list: [1, 'two', null] } };
    await documents.send(new lib.PutCommand({ TableName: table, Item }));
    const got = await documents.send(
      new lib.GetCommand({ TableName: table, Key: { id: 'doc', at: 1 } }));
    assert.deepEqual(got.Item, Item);
  });
});
