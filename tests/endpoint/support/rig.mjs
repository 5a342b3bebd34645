// What the suites share: a client of the endpoint under test, which notes the operations it sent.

import assert from 'node:assert/strict';
import * as db from '@aws-sdk/client-dynamodb';
import * as lib from '@aws-sdk/lib-dynamodb';

export const client = new db.DynamoDBClient({
  endpoint: process.env.ENDPOINT,
  region: 'us-east-1',
  credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
  maxAttempts: 1,
});

/** Names of the operations that were sent, as the wire has them. */
export const sent = new Set();
client.middlewareStack.add((next) => (args) => {
  sent.add(args.request.headers['x-amz-target'].split('.')[1]);
  return next(args);
}, { step: 'finalizeRequest' });

export const documents = lib.DynamoDBDocumentClient.from(client);
export const send = (command) => client.send(command);

/** Expects an error of that name; gives it back. */
export async function fails(promise, name, message) {
  const error = await promise.then(() => assert.fail(`no ${name}`), (thrown) => thrown);
  assert.equal(error.name, name, error.message);
  if (message instanceof RegExp) assert.match(error.message, message);
  else if (message) assert.equal(error.message, message);
  return error;
}

const hash = (name) => ({ AttributeName: name, KeyType: 'HASH' });
const range = (name) => ({ AttributeName: name, KeyType: 'RANGE' });

/**
 * A table of the key `id` (text) and `at` (number), with the indexes `by-owner` (global: owner, at)
 * and `by-title` (local: title), deleted by the caller.
 */
export async function createTable(TableName) {
  const answer = await send(new db.CreateTableCommand({
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [
      { AttributeName: 'id', AttributeType: 'S' },
      { AttributeName: 'at', AttributeType: 'N' },
      { AttributeName: 'owner', AttributeType: 'S' },
      { AttributeName: 'title', AttributeType: 'S' },
    ],
    KeySchema: [hash('id'), range('at')],
    GlobalSecondaryIndexes: [{
      IndexName: 'by-owner', KeySchema: [hash('owner'), range('at')],
      Projection: { ProjectionType: 'ALL' },
    }],
    LocalSecondaryIndexes: [{
      IndexName: 'by-title', KeySchema: [hash('id'), range('title')],
      Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['owner'] },
    }],
  }));
  await db.waitUntilTableExists({ client, maxWaitTime: 20, minDelay: 1 }, { TableName });
  return answer;
}
