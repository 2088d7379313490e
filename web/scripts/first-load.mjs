// Prints how much JavaScript the learner's room loads before it can show itself, and fails above the limit.
// Counts index + the room page + everything they import statically, gzipped; lazy imports (hls.js, charts) do not count.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const LIMIT_KB = 150
const manifest = JSON.parse(readFileSync('dist/.vite/manifest.json', 'utf8'))
const roots = ['index.html', 'src/pages/room/RoomPage.vue', 'src/words/zh-CN.ts']
const seen = new Set()
const visit = (key) => {
  if (seen.has(key)) return
  const chunk = manifest[key]
  if (!chunk) throw new Error(`${key} is not in the build: scripts/first-load.mjs must follow the pages when they move.`)
  seen.add(key)
  for (const next of chunk.imports ?? []) visit(next)
}
roots.forEach(visit)
let total = 0
for (const key of seen) total += gzipSync(readFileSync(`dist/${manifest[key].file}`)).length
const kb = total / 1024
console.log(`First load of the room: ${kb.toFixed(1)} KB of JavaScript, gzipped (limit ${LIMIT_KB} KB)`)
if (kb > LIMIT_KB) process.exit(1)
