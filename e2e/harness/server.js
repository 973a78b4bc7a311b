// The real server: the debug binary on a free port, with a data folder of its own.
import { resolve } from 'node:path';
import { freePort, startProcess, temporaryFolder } from './process.js';

const ROOT = resolve(import.meta.dirname, '../..');
const TARGET = resolve(ROOT, process.env.CARGO_TARGET_DIR ?? 'target');

/** Starts it with these settings beside its defaults: {url, output(), stop()}. */
export async function startServer(settings = {}) {
  const data = temporaryFolder('data');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, HOST: '127.0.0.1', PORT: `${port}`, DATA_DIR: data.path, ...settings };
  try {
    const server = await startProcess(resolve(TARGET, 'debug/inkstream'), ['serve'], { env, cwd: data.path }, async () => {
      return (await fetch(`${url}/readyz`)).ok;
    });
    return {
      url,
      output: server.output,
      async stop() {
        await server.stop();
        data.remove();
      },
    };
  } catch (error) {
    data.remove();
    throw error;
  }
}
