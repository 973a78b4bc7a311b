// Joins the stylesheets that index.html links into one file, in their order, so that the browser fetches one before it draws.
// usage: node scripts/bundle-styles.mjs frontend/dist
import { createHash } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = process.argv[2];
const index = join(root, 'index.html');
const html = readFileSync(index, 'utf8');
const links = [...html.matchAll(/[ \t]*<link rel="stylesheet" href="\/([^"]+)"[^>]*>\n?/g)];
if (links.length === 0) throw new Error(`${index} links no stylesheet`);

const styles = links.map(([, name]) => readFileSync(join(root, name), 'utf8')).join('');
const digest = (algorithm, encoding) => createHash(algorithm).update(styles).digest(encoding);
const name = `styles-${digest('sha256', 'hex').slice(0, 16)}.css`;
const link = `    <link rel="stylesheet" href="/${name}" integrity="sha384-${digest('sha384', 'base64')}"/>\n`;

for (const [, part] of links) rmSync(join(root, part));
writeFileSync(join(root, name), styles);
writeFileSync(index, links.reduce((page, [part], place) => page.replace(part, place === 0 ? link : ''), html));
