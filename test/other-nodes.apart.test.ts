// The packages on other versions of Node: `npm run test:nodes`.

import { NODE_VERSIONS, nodeOf } from './node-versions.js'
import { packFirst } from './packed.js'
import { describeOn } from './packed-on-node.js'
import { describeWith } from './parts.js'

describeWith(['registry'], 'the packages as npm would publish them', () => {
  packFirst()
  for (const version of NODE_VERSIONS) describeOn(version, () => nodeOf(version))
})
