/** Bundles the bridge into one file for Node, with the libraries in it: `node test/bridge/build.mjs OUT_FOLDER`. */
import { join } from 'node:path'
import process from 'node:process'
import { URL, fileURLToPath } from 'node:url'

import { build } from 'vite'

const here = fileURLToPath(new URL('.', import.meta.url))

await build({
  configFile: false,
  logLevel: 'warn',
  resolve: { alias: { '@': join(here, '../../src') } },
  ssr: { noExternal: true },
  build: { ssr: join(here, 'operations.ts'), outDir: process.argv[2], emptyOutDir: true },
})
