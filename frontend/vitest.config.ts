import { mergeConfig } from 'vite'
import { defineConfig } from 'vitest/config'

import base from './vite.config.ts'

const shared = { setupFiles: ['./test/setup.ts'] }

export default mergeConfig(
  base,
  defineConfig({
    test: {
      passWithNoTests: true,
      projects: [
        {
          extends: true,
          test: {
            ...shared,
            name: 'pure',
            environment: 'node',
            include: ['test/{core,tools,render,sync}/**/*.test.ts'],
          },
        },
        {
          extends: true,
          test: { ...shared, name: 'ui', environment: 'jsdom', include: ['test/ui/**/*.test.{ts,tsx}'] },
        },
      ],
    },
  }),
)
