// fauxqs on loopback alone (its own command listens everywhere), with the queues and the topic that
// aws_test.cpp expects.
//
//   node fauxqs.mjs PORT
import { buildApp } from "fauxqs";
import { S3Store } from "./node_modules/fauxqs/dist/s3/s3Store.js";
import { SnsStore } from "./node_modules/fauxqs/dist/sns/snsStore.js";
import { SqsStore } from "./node_modules/fauxqs/dist/sqs/sqsStore.js";

const port = Number(process.argv[2]);
const stores = { sqsStore: new SqsStore(), snsStore: new SnsStore(), s3Store: new S3Store() };
stores.sqsStore.host = ""; // Queues' URLs begin with the address that was called.
const app = buildApp({ logger: false, stores });
const authorization =
    "AWS4-HMAC-SHA256 Credential=AKID/20261127/us-east-1/sqs/aws4_request, " +
    "SignedHeaders=host, Signature=0";

async function sqs(operation, body) {
    const answer = await app.inject({
        method: "POST",
        url: "/",
        headers: {
            host: `127.0.0.1:${port}`, // Part of the queues' URLs.
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": `AmazonSQS.${operation}`,
            authorization,
        },
        payload: JSON.stringify(body),
    });
    if (answer.statusCode !== 200) throw new Error(`${operation}: ${answer.body}`);
}

async function sns(operation, fields) {
    const answer = await app.inject({
        method: "POST",
        url: "/",
        headers: { "content-type": "application/x-www-form-urlencoded", authorization },
        payload: new URLSearchParams({ Action: operation, Version: "2010-03-31", ...fields }).toString(),
    });
    if (answer.statusCode !== 200) throw new Error(`${operation}: ${answer.body}`);
}

await sqs("CreateQueue", { QueueName: "orders" });
await sqs("CreateQueue", { QueueName: "news" });
await sqs("CreateQueue", { QueueName: "orders.fifo", Attributes: { FifoQueue: "true" } });
await sns("CreateTopic", { Name: "news" });
await sns("Subscribe", {
    TopicArn: "arn:aws:sns:us-east-1:000000000000:news",
    Protocol: "sqs",
    Endpoint: "arn:aws:sqs:us-east-1:000000000000:news",
});
await app.listen({ port, host: "127.0.0.1" });
