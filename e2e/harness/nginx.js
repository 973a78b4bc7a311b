// The proxy as it is deployed: nginx/default.conf.template through envsubst, in an nginx of the test's own.
import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { freePort, startProcess, temporaryFolder } from './process.js';

const TEMPLATE = resolve(import.meta.dirname, '../../nginx/default.conf.template');

/** Starts it in front of `backend` (http://host:port), beneath `basePath` where that is not empty: {url, stop()}. */
export async function startNginx(backend, basePath = '') {
  const folder = temporaryFolder('nginx');
  chmodSync(folder.path, 0o755);
  const port = await freePort();
  const server = execFileSync('envsubst', ['$BACKEND_URL $NGINX_PORT $BASE_PATH'], {
    input: readFileSync(TEMPLATE),
    env: { PATH: process.env.PATH, BACKEND_URL: backend, NGINX_PORT: `127.0.0.1:${port}`, BASE_PATH: basePath },
  });
  writeFileSync(join(folder.path, 'server.conf'), server);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${kind};`).join(' ');
  writeFileSync(
    join(folder.path, 'nginx.conf'),
    `daemon off; worker_processes 1; pid nginx.pid; error_log stderr warn;
     events {}
     http { access_log off; ${temporary} include server.conf; }`,
  );
  const args = ['-p', folder.path, '-c', 'nginx.conf', '-e', 'stderr'];
  execFileSync('nginx', [...args, '-t'], { stdio: 'pipe' });
  const nginx = await startProcess('nginx', args, {}, () => {
    return new Promise((yes, no) => {
      const socket = connect(port, '127.0.0.1', () => yes(socket.destroy()));
      socket.once('error', no);
    });
  });
  return {
    url: `http://127.0.0.1:${port}${basePath}`,
    async stop() {
      await nginx.stop();
      folder.remove();
    },
  };
}
