// s3rver on loopback, with one bucket, and before it what it lacks: signatures of version 4, checked
// by the AWS SDK's own signer, and conditional writes, as S3 documents them.
//
//   node s3.mjs PORT DIRECTORY BUCKET
import { createHash, createHmac } from "node:crypto";
import http from "node:http";
import { SignatureV4 } from "@smithy/signature-v4";
import S3rver from "s3rver";

const [port, directory, bucket] = process.argv.slice(2);
const s3 = new S3rver({
    address: "127.0.0.1",
    port: 0,
    silent: true,
    directory,
    vhostBuckets: false,
    configureBuckets: [{ name: bucket }],
});
await s3.configureBuckets();
const serve = s3.callback();

function refuse(response, status, code) {
    response.writeHead(status, { "content-type": "application/xml" });
    response.end(`<Error><Code>${code}</Code><Message>refused</Message></Error>`);
}

class Sha256 {
    constructor(secret) {
        this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
    }
    update(bytes) {
        this.hash.update(bytes);
    }
    async digest() {
        return new Uint8Array(this.hash.digest());
    }
}

const signer = new SignatureV4({
    service: "s3",
    region: "us-east-1",
    credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
});

/** Whether the signature is what the SDK makes of the same request. */
async function isSigned(request, url) {
    const given = request.headers.authorization ?? "";
    const names = /SignedHeaders=([^,]*)/.exec(given)?.[1].split(";") ?? [];
    const at = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(request.headers["x-amz-date"] ?? "");
    if (at === null || !names.includes("host") || !names.includes("x-amz-content-sha256")) return false;
    const signed = await signer.sign(
        {
            method: request.method,
            protocol: "http:",
            hostname: "127.0.0.1",
            path: request.url.split("?")[0],
            query: Object.fromEntries(url.searchParams),
            headers: Object.fromEntries(names.map((name) => [name, request.headers[name]])),
        },
        { signingDate: new Date(Date.UTC(at[1], at[2] - 1, at[3], at[4], at[5], at[6])) },
    );
    const signature = (text) => /Signature=([0-9a-f]*)/.exec(text)?.[1];
    return signature(signed.headers.authorization) === signature(given);
}

/** The ETag of an object, or nothing. */
async function etagOf(path) {
    const [name, ...key] = path.slice(1).split("/");
    const object = await s3.store.getObject(name, decodeURIComponent(key.join("/")));
    return object === null ? undefined : `"${object.metadata.etag.replaceAll('"', "")}"`;
}

// One conditional write at a time: looking and writing are two steps.
let turn = Promise.resolve();

const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, "http://s3");
    if (!(await isSigned(request, url))) return refuse(response, 403, "SignatureDoesNotMatch");
    const noneMatch = request.headers["if-none-match"];
    const match = request.headers["if-match"];
    const writes =
        (request.method === "PUT" && !url.searchParams.has("partNumber")) ||
        (request.method === "POST" && url.searchParams.has("uploadId"));
    if (!writes || (noneMatch === undefined && match === undefined)) return serve(request, response);
    turn = turn.then(async () => {
        const etag = await etagOf(url.pathname);
        if (noneMatch === "*" && etag !== undefined) return refuse(response, 412, "PreconditionFailed");
        if (match !== undefined && etag === undefined) return refuse(response, 404, "NoSuchKey");
        if (match !== undefined && match !== etag) return refuse(response, 412, "PreconditionFailed");
        const done = new Promise((resolve) => response.on("close", resolve));
        serve(request, response);
        await done;
    });
});
server.listen(Number(port), "127.0.0.1");
