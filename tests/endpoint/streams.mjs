// DynamoDB Streams through the AWS SDK for JavaScript: as a consumer follows a table. ENDPOINT is
// the server's URL; run.sh starts one and sets it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import * as db from '@aws-sdk/client-dynamodb';
import * as streams from '@aws-sdk/client-dynamodb-streams';

const settings = {
  endpoint: process.env.ENDPOINT,
  region: 'us-east-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  maxAttempts: 1,
};
const tables = new db.DynamoDBClient(settings);
const client = new streams.DynamoDBStreamsClient(settings);
const table = `streams-${process.pid}`;
let arn;

async function fails(promise, name, message) {
  const error = await promise.then(() => assert.fail(`no ${name}`), (thrown) => thrown);
  assert.equal(error.name, name, error.message);
  if (message) assert.match(error.message, message);
}

const put = (id, value) => tables.send(new db.PutItemCommand({
  TableName: table, Item: { id: { S: id }, v: { N: String(value) } },
}));

async function shards(stream = arn) {
  const { StreamDescription } = await client.send(
    new streams.DescribeStreamCommand({ StreamArn: stream }));
  return StreamDescription.Shards;
}

async function iterator(type, more = {}, stream = arn) {
  const [shard] = await shards(stream);
  const { ShardIterator } = await client.send(new streams.GetShardIteratorCommand({
    StreamArn: stream, ShardId: shard.ShardId, ShardIteratorType: type, ...more,
  }));
  return ShardIterator;
}

const read = (from, limit) => client.send(
  new streams.GetRecordsCommand({ ShardIterator: from, Limit: limit }));

before(async () => {
  const { TableDescription } = await tables.send(new db.CreateTableCommand({
    TableName: table,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
  }));
  arn = TableDescription.LatestStreamArn;
  assert.match(arn, new RegExp(`^arn:aws:dynamodb:us-east-1:\\d+:table/${table}/stream/`));
  await db.waitUntilTableExists({ client: tables, maxWaitTime: 10, minDelay: 1 },
    { TableName: table });
});

after(() => tables.send(new db.DeleteTableCommand({ TableName: table })));

describe('streams', () => {
  test('ListStreams and DescribeStream', async () => {
    const listed = await client.send(new streams.ListStreamsCommand({ TableName: table }));
    assert.deepEqual(listed.Streams.map((one) => one.StreamArn), [arn]);
    const { StreamDescription } = await client.send(
      new streams.DescribeStreamCommand({ StreamArn: arn }));
    assert.equal(StreamDescription.StreamStatus, 'ENABLED');
    assert.equal(StreamDescription.StreamViewType, 'NEW_AND_OLD_IMAGES');
    assert.equal(StreamDescription.TableName, table);
    assert.equal(StreamDescription.StreamLabel, arn.split('/stream/')[1]);
    assert.deepEqual(StreamDescription.KeySchema, [{ AttributeName: 'id', KeyType: 'HASH' }]);
    assert.ok(StreamDescription.CreationRequestDateTime instanceof Date);
    const [shard] = StreamDescription.Shards;
    assert.ok(shard.ShardId.length >= 28 && shard.ShardId.length <= 65);
    assert.match(shard.SequenceNumberRange.StartingSequenceNumber, /^\d{21,40}$/);
  });

  test('records of every kind of write, read in pages', async () => {
    let at = await iterator('LATEST');
    await put('a', 1);
    await put('a', 1);
    await put('a', 2);
    await tables.send(new db.TransactWriteItemsCommand({
      TransactItems: [
        { Put: { TableName: table, Item: { id: { S: 't' } } } },
        { Delete: { TableName: table, Key: { id: { S: 'a' } } } },
      ],
    }));
    const records = [];
    for (let page = 0; page < 5; ++page) {
      const answer = await read(at, 2);
      records.push(...answer.Records);
      at = answer.NextShardIterator;
    }
    assert.deepEqual(records.map((one) => [one.eventName, one.dynamodb.Keys.id.S]),
      [['INSERT', 'a'], ['MODIFY', 'a'], ['INSERT', 't'], ['REMOVE', 'a']]);
    const [, modified] = records;
    assert.deepEqual(modified.dynamodb.OldImage, { id: { S: 'a' }, v: { N: '1' } });
    assert.deepEqual(modified.dynamodb.NewImage, { id: { S: 'a' }, v: { N: '2' } });
    assert.equal(modified.eventSource, 'aws:dynamodb');
    assert.ok(modified.dynamodb.ApproximateCreationDateTime instanceof Date);
    assert.ok(modified.dynamodb.SizeBytes > 0);
    assert.equal(records[3].dynamodb.NewImage, undefined);
    const numbers = records.map((one) => BigInt(one.dynamodb.SequenceNumber));
    assert.deepEqual([...numbers].sort((x, y) => (x < y ? -1 : 1)), numbers);

    const second = { SequenceNumber: records[1].dynamodb.SequenceNumber };
    const atSecond = await read(await iterator('AT_SEQUENCE_NUMBER', second));
    assert.equal(atSecond.Records[0].dynamodb.SequenceNumber, second.SequenceNumber);
    const behind = await read(await iterator('AFTER_SEQUENCE_NUMBER', second));
    assert.equal(behind.Records[0].dynamodb.SequenceNumber,
      records[2].dynamodb.SequenceNumber);
  });

  test('items whose time is over are removed by the service', async () => {
    await tables.send(new db.UpdateTimeToLiveCommand({
      TableName: table, TimeToLiveSpecification: { AttributeName: 'ttl', Enabled: true },
    }));
    let at = await iterator('LATEST');
    await tables.send(new db.PutItemCommand({
      TableName: table,
      Item: { id: { S: 'gone' }, ttl: { N: String(Math.floor(Date.now() / 1000) - 2) } },
    }));
    const records = [];
    for (let tries = 0; tries < 100 && records.length < 2; ++tries) {
      const answer = await read(at);
      records.push(...answer.Records);
      at = answer.NextShardIterator;
      if (records.length < 2) await new Promise((done) => setTimeout(done, 100));
    }
    assert.deepEqual(records.map((one) => one.eventName), ['INSERT', 'REMOVE']);
    assert.equal(records[1].userIdentity.Type, 'Service');
    assert.equal(records[1].userIdentity.PrincipalId, 'dynamodb.amazonaws.com');
  });

  test('errors', async () => {
    await fails(client.send(new streams.DescribeStreamCommand({
      StreamArn: `${arn.slice(0, -1)}x`,
    })), 'ResourceNotFoundException', /Stream: .* not found/);
    await fails(client.send(new streams.GetShardIteratorCommand({
      StreamArn: arn, ShardId: 'x'.repeat(30), ShardIteratorType: 'LATEST',
    })), 'ResourceNotFoundException', /Shard: .* not found/);
    await fails(iterator('AT_SEQUENCE_NUMBER'), 'ValidationException');
    await fails(read('nonsense'), 'ValidationException', /Invalid ShardIterator/);
    await fails(tables.send(new db.UpdateTableCommand({
      TableName: table,
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
    })), 'ValidationException', /already has an enabled stream/);
  });

  test('a stream that was turned off can be read to its end', async () => {
    const latest = await iterator('LATEST');
    await put('last', 1);
    await tables.send(new db.UpdateTableCommand({
      TableName: table, StreamSpecification: { StreamEnabled: false },
    }));
    const answer = await read(latest);
    assert.equal(answer.Records.length, 1);
    assert.equal(answer.NextShardIterator, undefined);
    assert.ok((await shards())[0].SequenceNumberRange.EndingSequenceNumber);
    await tables.send(new db.UpdateTableCommand({
      TableName: table,
      StreamSpecification: { StreamEnabled: true, StreamViewType: 'KEYS_ONLY' },
    }));
    const { Table } = await tables.send(new db.DescribeTableCommand({ TableName: table }));
    assert.notEqual(Table.LatestStreamArn, arn);
    const listed = await client.send(new streams.ListStreamsCommand({ TableName: table }));
    assert.deepEqual(listed.Streams.map((one) => one.StreamArn), [arn, Table.LatestStreamArn]);
    await fails(tables.send(new db.PutItemCommand({ TableName: 'nothing', Item: {} })),
      'ResourceNotFoundException');
  });
});
