// CAMARA qos-provisioning 0.4.

import Type from 'typebox'
import { ASSIGNMENT_STATUS_CHANGED } from '../events.js'
import { closed, DateTime, Device, DeviceResponse, described, oneOf } from './common.js'
import { EventQosStatus, QosProfileName, QosStatus, SinkCredential, sink } from './quality-on-demand.js'

export const AssignmentId = Type.String({
  title: 'AssignmentId',
  format: 'uuid',
  maxLength: 36,
  description: 'A UUID.',
})

export const AssignmentStatusInfo = oneOf(['NETWORK_TERMINATED', 'DELETE_REQUESTED'], {
  title: 'AssignmentStatusInfo',
  description:
    'UNAVAILABLE: the network refused or ended the assignment, or its owner revoked it. AVAILABLE with ' +
    'DELETE_REQUESTED: it was revoked, and the network has not let go yet.',
})

export const CreateAssignment = closed(
  {
    device: Type.Optional(Device),
    qosProfile: QosProfileName,
    sink: Type.Optional(sink),
    sinkCredential: Type.Optional(SinkCredential),
  },
  { title: 'CreateAssignment', description: 'An assignment to create.' },
)

export const AssignmentInfo = closed(
  {
    assignmentId: AssignmentId,
    device: Type.Optional(DeviceResponse),
    qosProfile: QosProfileName,
    sink: Type.Optional(sink),
    startedAt: Type.Optional(described(DateTime, 'When it became AVAILABLE. Absent if it never did.')),
    status: QosStatus,
    statusInfo: Type.Optional(AssignmentStatusInfo),
  },
  { title: 'AssignmentInfo', description: 'A QoS profile that is assigned to a device until it is revoked.' },
)

export const RetrieveAssignmentByDevice = closed(
  { device: Type.Optional(Device) },
  { title: 'RetrieveAssignmentByDevice', description: 'The device whose assignment is asked for.' },
)

export const EventStatusChanged = closed(
  {
    id: Type.String({ minLength: 1, maxLength: 256, description: 'Unique within source; the same in every attempt.' }),
    source: Type.String({ format: 'uri-reference', minLength: 1, maxLength: 2048, description: 'The assignment.' }),
    specversion: oneOf(['1.0']),
    type: oneOf([ASSIGNMENT_STATUS_CHANGED]),
    time: described(DateTime, 'When the status changed.'),
    datacontenttype: oneOf(['application/json']),
    data: closed({
      assignmentId: AssignmentId,
      status: EventQosStatus,
      statusInfo: Type.Optional(AssignmentStatusInfo),
    }),
  },
  { title: 'EventStatusChanged', description: 'CloudEvent 1.0: the status of an assignment changed.' },
)
