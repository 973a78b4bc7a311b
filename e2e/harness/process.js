// Starts a program, waits until it answers, and ends it for certain.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A port on loopback that nobody listens on now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/** A folder that is gone after the test. */
export function temporaryFolder(name) {
  const path = mkdtempSync(join(tmpdir(), `inkstream-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/**
 * Runs `command` until `stop()`. Resolves once `probe(output)` resolves to true; rejects with the program's own words when it ends before
 * that or takes longer than 30 s.
 */
export async function startProcess(command, args, options, probe) {
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => (output = (output + bytes).slice(-20_000)));
  const ended = new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(`${command} ended (${code ?? signal})`));
  });
  let over = false;
  ended.then(() => (over = true));

  const deadline = Date.now() + 30_000;
  for (;;) {
    if (over || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(`${over ? await ended : `${command} is not ready after 30 s`}:\n${output}`);
    }
    if (await probe(output).catch(() => false)) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return {
    output: () => output,
    async stop() {
      child.kill('SIGTERM');
      const kill = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(kill);
    },
  };
}
