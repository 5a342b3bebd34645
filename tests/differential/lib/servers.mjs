// The two servers of a comparison: how they are started, and one request to one of them.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
// Of the right form; neither server verifies it.
const authorization = 'AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0';

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** A program that serves DynamoDB; restarted when it falls. */
export class Server {
  constructor(name, command) {
    this.name = name;
    this.command = command;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
  }

  async start() {
    const { program, args, port, options } = await this.command();
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    this.output = '';
    this.exited = once(this.child, 'exit');
    const found = new Promise((resolve, reject) => {
      const read = (chunk) => {
        this.output = (this.output + chunk).slice(-20000);
        const match = /listening (?:on|at)[^\n]*?http:\/\/[^:\s]+:(\d+)/i.exec(this.output);
        if (match) resolve(Number(match[1]));
      };
      this.child.stdout.on('data', read);
      this.child.stderr.on('data', read);
      this.child.on('error', reject);
      this.child.on('exit', (code) => reject(new Error(`${this.name} ended (${code}): ${this.output}`)));
    });
    if (port === undefined) {
      this.port = await found;
    } else {
      found.catch(() => {});
      this.port = port;
      await this.#answering();
    }
  }

  async #answering() {
    for (let i = 0; i < 300; i++) {
      if (this.child.exitCode !== null) throw new Error(`${this.name} ended: ${this.output}`);
      try {
        return await this.send({ target: 'ListTables', body: {} });
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
    throw new Error(`${this.name} does not answer`);
  }

  async stop() {
    this.agent.destroy();
    if (!this.child || this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await this.exited;
  }

  async restart() {
    await this.stop();
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
    await this.start();
  }

  async #again(request) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    this.agent.destroy();
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
    return this.send(request);
  }

  /** Rejects when the connection breaks: the server has fallen. */
  send(request) {
    const text = request.text ?? (request.body === undefined ? '' : JSON.stringify(request.body));
    const headers = {
      'X-Amz-Target': request.rawTarget ?? `DynamoDB_20120810.${request.target}`,
      'X-Amz-Date': '20260101T000000Z',
      Authorization: authorization,
      'Content-Length': Buffer.byteLength(text),
    };
    const type = request.contentType ?? 'application/x-amz-json-1.0';
    if (type) headers['Content-Type'] = type;
    return new Promise((resolve, reject) => {
      const call = http.request({ host: '127.0.0.1', port: this.port, method: request.method ?? 'POST', path: '/', agent: this.agent, headers }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString();
          let body = answer;
          try {
            body = JSON.parse(answer);
          } catch {
            // Compared as text.
          }
          resolve({ status: response.statusCode, type: response.headers['content-type'], body });
        });
      });
      call.setTimeout(60000, () => call.destroy(new Error(`${this.name} did not answer within a minute`)));
      call.on('error', (error) => {
        // A kept connection that the server gave up just now, on a machine too busy to notice. One
        // that has fallen refuses the next one.
        if (error.code === 'ECONNRESET' && call.reusedSocket) this.#again(request).then(resolve, reject);
        else reject(error);
      });
      call.end(text);
    });
  }
}

export const carillon = (command) =>
  new Server('carillon', async () => ({ program: command[0], args: command.slice(1) }));

export const dynalite = () =>
  new Server('dynalite', async () => {
    const port = await freePort();
    const cli = path.join(here, '../node_modules/dynalite/cli.js');
    const delays = ['--createTableMs', '0', '--deleteTableMs', '0', '--updateTableMs', '0'];
    return { program: process.execPath, args: [cli, '--host', '127.0.0.1', '--port', String(port), ...delays], port };
  });

export const dynamodbLocal = (directory) =>
  new Server('DynamoDB Local', async () => {
    const port = await freePort();
    const args = ['-Xmx1g', '-Djava.library.path=./DynamoDBLocal_lib', '-jar', 'DynamoDBLocal.jar', '-disableTelemetry', '-inMemory', '-sharedDb', '-port', String(port)];
    return { program: 'java', args, port, options: { cwd: directory } };
  });
