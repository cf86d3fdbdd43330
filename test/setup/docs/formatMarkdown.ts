/** As `npm run format` would leave it. */
import { format, resolveConfig } from 'prettier';
import { fileURLToPath } from 'node:url';

const config = fileURLToPath(new URL('../../../package.json', import.meta.url));

export async function formatMarkdown(text: string): Promise<string> {
  return format(text, { ...(await resolveConfig(config)), parser: 'markdown' });
}
