// CAMARA qos-profiles 1.2.

import Type from 'typebox'
import { closed, Device, described, oneOf } from './common.js'
import { QosProfileName } from './quality-on-demand.js'

export const QosProfileStatusEnum = oneOf(['ACTIVE', 'INACTIVE', 'DEPRECATED'], {
  title: 'QosProfileStatusEnum',
  description:
    'ACTIVE: can be used. INACTIVE: cannot be used now. DEPRECATED: existing sessions keep it, new ones cannot use ' +
    'it.',
})

export const Rate = closed(
  {
    value: Type.Integer({ format: 'int32', minimum: 0, maximum: 1024 }),
    unit: oneOf(['bps', 'kbps', 'Mbps', 'Gbps', 'Tbps'], { description: 'Bits per second and its multiples by 1000.' }),
  },
  { title: 'Rate', description: 'A data rate.' },
)

export const Duration = closed(
  {
    value: Type.Integer({ format: 'int32', minimum: 1, maximum: 2147483647 }),
    unit: oneOf(['Days', 'Hours', 'Minutes', 'Seconds', 'Milliseconds', 'Microseconds', 'Nanoseconds']),
  },
  { title: 'Duration', description: 'A duration.' },
)

export const CountryAvailability = closed(
  {
    countryName: Type.String({ pattern: '^[A-Z]{2}$', maxLength: 2, description: 'ISO 3166-1 alpha-2.' }),
    networks: Type.Optional(
      Type.Array(Type.String({ pattern: '^[0-9]{5,6}$', maxLength: 6 }), {
        maxItems: 100,
        description: 'PLMN identifiers (MCC and MNC).',
      }),
    ),
  },
  {
    title: 'CountryAvailability',
    description: 'A country, and optionally networks in it, where a profile is available.',
  },
)

export const QosProfile = closed(
  {
    name: QosProfileName,
    description: Type.Optional(
      Type.String({ maxLength: 1024, pattern: '^[^\\u0000-\\u0008\\u000B\\u000C\\u000E-\\u001F\\u007F-\\u009F]*$' }),
    ),
    status: QosProfileStatusEnum,
    countryAvailability: Type.Optional(Type.Array(CountryAvailability, { maxItems: 250 })),
    targetMinUpstreamRate: Type.Optional(described(Rate, 'Guaranteed from device to server. Absent: no guarantee.')),
    maxUpstreamRate: Type.Optional(described(Rate, 'Maximum from device to server.')),
    maxUpstreamBurstRate: Type.Optional(described(Rate, 'Maximum burst from device to server.')),
    targetMinDownstreamRate: Type.Optional(described(Rate, 'Guaranteed from server to device. Absent: no guarantee.')),
    maxDownstreamRate: Type.Optional(described(Rate, 'Maximum from server to device.')),
    maxDownstreamBurstRate: Type.Optional(described(Rate, 'Maximum burst from server to device.')),
    minDuration: Type.Optional(described(Duration, 'Minimum duration of a session.')),
    maxDuration: Type.Optional(described(Duration, 'Maximum duration of a session, including extensions.')),
    priority: Type.Optional(
      Type.Integer({ format: 'int32', minimum: 1, maximum: 100, description: 'A lower value has precedence.' }),
    ),
    packetDelayBudget: Type.Optional(described(Duration, "One way, between the device and the operator's edge.")),
    jitter: Type.Optional(described(Duration, 'Variation of the round trip, 99th percentile.')),
    packetErrorLossRate: Type.Optional(
      Type.Integer({ format: 'int32', minimum: 1, maximum: 10, description: 'n: at most 10^-n of the packets lost.' }),
    ),
    l4sQueueType: Type.Optional(
      oneOf(['non-l4s-queue', 'l4s-queue', 'mixed-queue'], { description: 'Experimental. L4S (RFC 9330) queueing.' }),
    ),
    serviceClass: Type.Optional(
      oneOf(
        [
          'microsoft_voice',
          'microsoft_audio_video',
          'real_time_interactive',
          'multimedia_streaming',
          'broadcast_video',
          'low_latency_data',
          'high_throughput_data',
          'low_priority_data',
          'standard',
        ],
        { description: 'Experimental. A class of service with its DSCP (RFC 4594).' },
      ),
    ),
  },
  { title: 'QosProfile', description: 'A QoS profile for sessions.' },
)

export const QosProfileDeviceRequest = closed(
  {
    device: Type.Optional(Device),
    name: Type.Optional(QosProfileName),
    status: Type.Optional(QosProfileStatusEnum),
  },
  { title: 'QosProfileDeviceRequest', description: 'Filters: a profile must match every given member.' },
)

export const RetrieveQosProfilesOutput = Type.Array(QosProfile, {
  title: 'RetrieveQosProfilesOutput',
  maxItems: 100,
  description: 'Profiles.',
})
