import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  // The gateway says in the page where it is served: behind a proxy that may be below any path.
  base: './',
  plugins: [react()],
  resolve: { conditions: ['rightofway-source', 'module', 'browser'] },
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false }, reportCompressedSize: false },
})
