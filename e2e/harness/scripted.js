// An engine with a story (backend/testkit/src/engine/scenario.rs), and a server that reads with it.
import { resolve } from 'node:path';
import { startProcess } from './process.js';
import { startServer } from './server.js';

const TARGET = resolve(import.meta.dirname, '../..', process.env.CARGO_TARGET_DIR ?? 'target');

/** Starts the engine of this scenario and a server with it as LLM_MODEL: {url, output(), stop()}. */
export async function startScripted(scenario, model = 'scripted', settings = {}) {
  let url;
  const engine = await startProcess(resolve(TARGET, 'debug/scripted-engine'), [scenario], {}, async (output) => {
    url = output.match(/^http:\S+/m)?.[0];
    return url !== undefined;
  });
  try {
    const server = await startServer({ LLM_BASE_URL: url, LLM_MODEL: model, ...settings });
    return { ...server, stop: () => Promise.all([server.stop(), engine.stop()]) };
  } catch (error) {
    await engine.stop();
    throw error;
  }
}
