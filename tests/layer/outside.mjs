// What an outside program sees of a bucket, through the AWS SDK for JavaScript.
//
//   node outside.mjs ENDPOINT BUCKET get KEY            writes the object
//   node outside.mjs ENDPOINT BUCKET digest KEY         its SHA-256 and length
//   node outside.mjs ENDPOINT BUCKET head KEY           its content type
//   node outside.mjs ENDPOINT BUCKET put KEY TEXT       writes it
//   node outside.mjs ENDPOINT BUCKET list PREFIX        keys, one a line
import { createHash } from "node:crypto";
import {
    GetObjectCommand,
    HeadObjectCommand,
    ListObjectsV2Command,
    PutObjectCommand,
    S3Client,
} from "@aws-sdk/client-s3";

const [endpoint, Bucket, action, Key, text] = process.argv.slice(2);
const s3 = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
});

if (action === "put") {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: text }));
} else if (action === "list") {
    const page = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: Key }));
    for (const object of page.Contents ?? []) console.log(object.Key);
} else if (action === "head") {
    console.log((await s3.send(new HeadObjectCommand({ Bucket, Key }))).ContentType);
} else {
    const object = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const bytes = Buffer.from(await object.Body.transformToByteArray());
    if (action === "get") process.stdout.write(bytes);
    else console.log(createHash("sha256").update(bytes).digest("hex"), bytes.length);
}
