// The control plane beyond the first steps of sdk.mjs: tables with provisioned capacity, pages of
// names, settings, indexes made of what is stored, protection, waiters.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as db from '@aws-sdk/client-dynamodb';
import { client, createTable, fails, send } from './support/rig.mjs';

const table = `control-${process.pid}`;
const describeTable = async (TableName) => (
  await send(new db.DescribeTableCommand({ TableName }))).Table;

before(() => createTable(table));
after(() => send(new db.DeleteTableCommand({ TableName: table })));

describe('tables', () => {
  test('provisioned capacity is kept, changed and refused when it is the same', async () => {
    const TableName = `${table}-provisioned`;
    await send(new db.CreateTableCommand({
      TableName,
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'B' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 7 },
      TableClass: 'STANDARD_INFREQUENT_ACCESS',
      Tags: [{ Key: 'made', Value: 'here' }],
    }));
    const made = await describeTable(TableName);
    assert.equal(made.ProvisionedThroughput.ReadCapacityUnits, 5);
    assert.equal(made.ProvisionedThroughput.WriteCapacityUnits, 7);
    assert.equal(made.TableClassSummary.TableClass, 'STANDARD_INFREQUENT_ACCESS');
    assert.match(made.TableId, /^[0-9a-f-]{36}$/);
    const tags = await send(new db.ListTagsOfResourceCommand({ ResourceArn: made.TableArn }));
    assert.deepEqual(tags.Tags, [{ Key: 'made', Value: 'here' }]);

    const update = (ReadCapacityUnits) => send(new db.UpdateTableCommand({
      TableName, ProvisionedThroughput: { ReadCapacityUnits, WriteCapacityUnits: 7 },
    }));
    await update(9);
    assert.equal((await describeTable(TableName)).ProvisionedThroughput.ReadCapacityUnits, 9);
    await fails(update(9), 'ValidationException', /will not change/);

    await send(new db.UpdateTableCommand({ TableName, BillingMode: 'PAY_PER_REQUEST' }));
    const after_ = await describeTable(TableName);
    assert.equal(after_.BillingModeSummary.BillingMode, 'PAY_PER_REQUEST');
    assert.equal(after_.ProvisionedThroughput.ReadCapacityUnits, 0);
    const deleted = await send(new db.DeleteTableCommand({ TableName }));
    assert.equal(deleted.TableDescription.TableStatus, 'DELETING');
    await db.waitUntilTableNotExists({ client, maxWaitTime: 20, minDelay: 1 }, { TableName });
  });

  test('deletion protection holds until it is lifted', async () => {
    const TableName = `${table}-protected`;
    await send(new db.CreateTableCommand({
      TableName, BillingMode: 'PAY_PER_REQUEST', DeletionProtectionEnabled: true,
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    }));
    assert.equal((await describeTable(TableName)).DeletionProtectionEnabled, true);
    await fails(send(new db.DeleteTableCommand({ TableName })), 'ValidationException',
      /deletion protection/i);
    await send(new db.UpdateTableCommand({ TableName, DeletionProtectionEnabled: false }));
    await send(new db.DeleteTableCommand({ TableName }));
  });

  test('names come in pages, in order', async () => {
    const first = await send(new db.ListTablesCommand({ Limit: 1 }));
    assert.equal(first.TableNames.length, 1);
    const rest = [];
    for await (const page of db.paginateListTables({ client, pageSize: 2 }, {})) {
      rest.push(...page.TableNames);
    }
    assert.deepEqual(rest, [...rest].sort());
    assert.ok(rest.includes(table));
    const from = await send(new db.ListTablesCommand({ ExclusiveStartTableName: table }));
    assert.ok(!from.TableNames.includes(table));
  });

  test('what makes no table is refused', async () => {
    const create = (parts) => send(new db.CreateTableCommand({
      TableName: `${table}-bad`, BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
      ...parts,
    }));
    await fails(create({ TableName: 'ab' }), 'ValidationException',
      "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: "
      + 'Member must have length greater than or equal to 3');
    await fails(create({ KeySchema: [{ AttributeName: 'other', KeyType: 'HASH' }] }),
      'ValidationException', /Some index key attributes are not defined in AttributeDefinitions/);
    await fails(create({ BillingMode: 'PROVISIONED' }), 'ValidationException',
      /ReadCapacityUnits and WriteCapacityUnits must both be specified/);
    await fails(describeTable(`${table}-bad`), 'ResourceNotFoundException',
      `Requested resource not found: Table: ${table}-bad not found`);
    await fails(send(new db.DeleteTableCommand({ TableName: `${table}-bad` })),
      'ResourceNotFoundException');
  });
});

describe('indexes', () => {
  test('UpdateTable makes an index of what is stored; later writes follow; then it is dropped',
    async () => {
      const put = (n, colour) => send(new db.PutItemCommand({
        TableName: table,
        Item: { id: { S: `c${n}` }, at: { N: `${n}` }, ...(colour && { colour: { S: colour } }) },
      }));
      for (let n = 0; n < 20; n += 1) await put(n, n % 2 === 0 ? 'red' : undefined);
      const made = await send(new db.UpdateTableCommand({
        TableName: table,
        AttributeDefinitions: [
          { AttributeName: 'colour', AttributeType: 'S' },
          { AttributeName: 'at', AttributeType: 'N' },
        ],
        GlobalSecondaryIndexUpdates: [{ Create: {
          IndexName: 'by-colour',
          KeySchema: [
            { AttributeName: 'colour', KeyType: 'HASH' },
            { AttributeName: 'at', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        } }],
      }));
      assert.equal(made.TableDescription.TableStatus, 'UPDATING');
      const query = async (colour) => (await send(new db.QueryCommand({
        TableName: table, IndexName: 'by-colour', KeyConditionExpression: 'colour = :c',
        ExpressionAttributeValues: { ':c': { S: colour } },
      }))).Items.map((item) => Number(item.at.N));
      assert.deepEqual(await query('red'), [0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
      await put(2, 'blue');
      await put(5, 'red');
      assert.deepEqual(await query('red'), [0, 4, 5, 6, 8, 10, 12, 14, 16, 18]);
      assert.deepEqual(await query('blue'), [2]);

      await fails(send(new db.PutItemCommand({
        TableName: table, Item: { id: { S: 'c' }, at: { N: '1' }, colour: { N: '1' } },
      })), 'ValidationException', /Type mismatch for Index Key colour/);
      await send(new db.UpdateTableCommand({
        TableName: table, GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'by-colour' } }],
      }));
      await fails(query('red'), 'ValidationException', /does not have the specified index: by-colour/);
    });
});

describe('settings', () => {
  test('TTL is switched on and off, once each', async () => {
    const set = (AttributeName, Enabled) => send(new db.UpdateTimeToLiveCommand({
      TableName: table, TimeToLiveSpecification: { AttributeName, Enabled },
    }));
    const status = async () => (await send(
      new db.DescribeTimeToLiveCommand({ TableName: table }))).TimeToLiveDescription;
    assert.deepEqual(await status(), { TimeToLiveStatus: 'DISABLED' });
    await fails(set('gone_at', false), 'ValidationException', 'TimeToLive is already disabled');
    await set('gone_at', true);
    assert.deepEqual(await status(),
      { AttributeName: 'gone_at', TimeToLiveStatus: 'ENABLED' });
    await fails(set('gone_at', true), 'ValidationException', 'TimeToLive is already enabled');
    await set('gone_at', false);
    assert.equal((await status()).TimeToLiveStatus, 'DISABLED');
  });

  test('tags are added, replaced, listed, removed, and limited', async () => {
    const { TableArn: ResourceArn } = await describeTable(table);
    const tag = (...Tags) => send(new db.TagResourceCommand({ ResourceArn, Tags }));
    const tags = async () => Object.fromEntries((await send(
      new db.ListTagsOfResourceCommand({ ResourceArn }))).Tags.map((t) => [t.Key, t.Value]));
    await tag({ Key: 'a', Value: '1' }, { Key: 'b', Value: '2' });
    await tag({ Key: 'a', Value: '3' });
    assert.deepEqual(await tags(), { a: '3', b: '2' });
    await send(new db.UntagResourceCommand({ ResourceArn, TagKeys: ['a', 'never'] }));
    assert.deepEqual(await tags(), { b: '2' });
    await fails(tag(...Array.from({ length: 51 }, (_, i) => ({ Key: `k${i}`, Value: '' }))), 'ValidationException');
    assert.deepEqual(await tags(), { b: '2' });
  });

  test('limits and endpoints', async () => {
    const limits = await send(new db.DescribeLimitsCommand({}));
    for (const name of ['AccountMaxReadCapacityUnits', 'AccountMaxWriteCapacityUnits',
      'TableMaxReadCapacityUnits', 'TableMaxWriteCapacityUnits']) {
      assert.ok(limits[name] > 0, name);
    }
    const { Endpoints } = await send(new db.DescribeEndpointsCommand({}));
    // Where the client has reached us, it reaches us again.
    assert.equal(Endpoints[0].Address, new URL(process.env.ENDPOINT).host);
    assert.ok(Endpoints[0].CachePeriodInMinutes > 0);
  });
});
