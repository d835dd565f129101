import type { ResourceId } from '@rightofway/camara'
import type { Resource, ResourceEvent } from '../../domain/resource.js'
import type { Stored, Version } from '../../ports/store/sessions.js'
import type { Deps } from '../deps.js'
import { decide } from './decide.js'

type Said = Extract<ResourceEvent, { type: 'granted' | 'refused' | 'lost' | 'released' }>

/**
 * What a network says about a session or an assignment, in answer to a task or by itself.
 * @param settles the version up to which this answers what the network was asked. Without, it was not asked: all that
 *   it can be the answer to is the first wish, which it left pending. A later one has still to be answered.
 */
export async function hearNetwork(
  deps: Pick<Deps, 'store' | 'clock'>,
  id: ResourceId,
  event: Said,
  settles?: Version,
  first?: Stored<Resource>,
): Promise<void> {
  await decide(
    deps,
    id,
    ({ session, version }) => {
      const answers = settles ?? (session.status === 'REQUESTED' ? version : undefined)
      return answers === undefined
        ? { event: withoutEnd(event) }
        : { event: answers < version ? withoutEnd(event) : event, settles: answers }
    },
    first,
  )
}

/** The end that a network names is that of the wish that it answers: a later wish may have moved it. */
function withoutEnd(event: Said): Said {
  if (event.type !== 'granted' || !('until' in event)) return event
  const { until: _, ...rest } = event
  return rest
}
