/**
 * Makes the console's page from src/console/page: `dist/page` with index.html, scripts and styles
 * that carry their hash in their names, each also compressed. Then openid-client takes the place of
 * what only names it, so that the package does not need it installed. Part of `npm run build`.
 */
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const page = fileURLToPath(new URL('page', import.meta.url));
/** `--page-out=DIR`: elsewhere than where it is served from. */
const asked = process.argv.find((one) => one.startsWith('--page-out='))?.slice(11);
const out = asked ?? fileURLToPath(new URL('../../dist/page', import.meta.url));

/** Comments and names hold paths: they must not depend on where this is, or packages are linked from. */
const anywhere = {
  absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
  preserveSymlinks: true,
};

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const { metafile } = await build({
  entryPoints: { app: join(page, 'main.tsx') },
  outdir: out,
  bundle: true,
  splitting: true,
  format: 'esm',
  target: 'es2022',
  minify: true,
  metafile: true,
  jsx: 'automatic',
  jsxImportSource: 'preact',
  entryNames: '[name]-[hash]',
  chunkNames: 'part-[hash]',
  assetNames: '[name]-[hash]',
  loader: { '.svg': 'file', '.wav': 'file' },
  legalComments: 'eof',
  logLevel: 'warning',
  ...anywhere,
});

if (asked === undefined) {
  const client = fileURLToPath(
    new URL('../../dist/src/console/server/oidcClient.js', import.meta.url),
  );
  await build({
    entryPoints: [client],
    outfile: client,
    allowOverwrite: true,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    banner: { js: '/*! openid-client, oauth4webapi, jose: (c) Filip Skokan, MIT License */' },
    legalComments: 'inline',
    logLevel: 'warning',
    ...anywhere,
  });
}

const entry = Object.entries(metafile.outputs).find(([, { entryPoint }]) =>
  entryPoint?.endsWith('page/main.tsx'),
);
if (entry === undefined) throw new Error('the page has no entry');
const nameOf = (path) => path.split('/').at(-1);
const html = readFileSync(join(page, 'index.html'), 'utf8')
  .replace('{script}', nameOf(entry[0]))
  .replace('{style}', nameOf(entry[1].cssBundle));
writeFileSync(join(out, 'index.html'), html);
copyFileSync(join(page, 'icon.svg'), join(out, 'icon.svg'));
for (const name of readdirSync(out)) {
  const bytes = readFileSync(join(out, name));
  writeFileSync(join(out, `${name}.br`), brotliCompressSync(bytes));
  writeFileSync(join(out, `${name}.gz`), gzipSync(bytes, { level: 9 }));
}
if (process.argv.includes('--sizes')) {
  for (const [path, { bytes }] of Object.entries(metafile.outputs)) {
    const sent = readFileSync(join(out, `${nameOf(path)}.br`)).length;
    console.log(`${bytes} bytes, ${sent} compressed: ${nameOf(path)}`);
  }
}
