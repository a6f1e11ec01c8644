/** Builds the benchmark page as the product is built: same targets, same workers. */
import { fileURLToPath } from 'node:url'

import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  plugins: [react()],
  resolve: { alias: { '@': fileURLToPath(new URL('../src', import.meta.url)) } },
  build: {
    target: 'es2022',
    emptyOutDir: true,
    rolldownOptions: { input: [here('index.html'), here('peers.html')] },
  },
  worker: { format: 'es' },
})
