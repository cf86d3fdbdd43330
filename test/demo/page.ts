/**
 * The website of the demo: one small page that says who is answering. Host, address and port come
 * from the environment it inherits from supervisord, so the same content runs on every host.
 */
import { createServer } from 'node:http';
import process from 'node:process';

const {
  DEMO_HOST: host = '?',
  DEMO_ADDRESS: address = '?',
  DEMO_PORT: port = '8088',
  DEMO_LISTEN: listen = '127.0.0.1',
} = process.env;
const pid = String(process.pid);
const sentence = `demo1 on ${host} at ${address}, process ${pid}`;
const page = `<!doctype html>
<meta charset="utf-8">
<title>demo1 on ${host}</title>
<style>body { font: 1.2rem/1.6 sans-serif; margin: 4rem auto; width: 24rem } dt { color: #666 }</style>
<h1>demo1</h1>
<dl><dt>host<dd>${host}<dt>address<dd>${address}<dt>process<dd>${pid}</dl>
`;

createServer((request, response) => {
  const isBrowser = request.headers.accept?.includes('text/html') === true;
  response.setHeader('Content-Type', `text/${isBrowser ? 'html' : 'plain'}; charset=utf-8`);
  response.setHeader('Connection', 'close');
  response.end(isBrowser ? page : `${sentence}\n`);
}).listen(Number(port), listen);
