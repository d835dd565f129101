"""The page "Creating a Session with duration", with Nokia's client in its release 10."""

import os
import time

from network_as_code import NetworkAsCodeApi

client = NetworkAsCodeApi(
    base_url=os.environ["RIGHTOFWAY_URL"],  # all that is new: where the gateway is
    api_key=os.environ["RIGHTOFWAY_KEY"],
)

my_device = {
    "network_access_identifier": "device@testcsp.net",
    "ipv4address": {"publicAddress": "233.252.0.2", "privateAddress": "192.0.2.25", "publicPort": 80},
    "phone_number": "+36721601234567",
}

my_session = client.qod.create_session_v1(
    device=my_device,
    application_server={"ipv4address": "233.252.0.2", "ipv6address": "2001:db8:1234:5678:9abc:def0:fedc:ba98"},
    qos_profile="QOS_L",
    duration=3600,
)
print("duration", my_session.duration)

# A network that takes longer than a second answers later.
seen = client.qod.get_session_v1(my_session.session_id)
while seen.qos_status == "REQUESTED":
    time.sleep(0.1)
    seen = client.qod.get_session_v1(my_session.session_id)
print("started", seen.started_at is not None, "expires", seen.expires_at is not None)
print("sessions", len(client.qod.retrieve_sessions_v1(device={"phone_number": "+36721601234567"})))

client.qod.extend_session_v1(my_session.session_id, requested_additional_duration=600)
print("extended", client.qod.get_session_v1(my_session.session_id).duration)

client.qod.delete_session_v1(my_session.session_id)

# The calls of before CAMARA's 1.0, at /qod/v0. Their times are whole seconds since 1970.
old = client.qod.create_session(
    device=my_device,
    application_server={"ipv4address": "233.252.0.2"},
    qos_profile="QOS_L",
    duration=3600,
)
while old.qos_status == "REQUESTED":
    time.sleep(0.1)
    old = client.qod.get_session(old.session_id)
print("v0 seconds", old.expires_at - old.started_at)
print("v0 found", client.qod.get_session(old.session_id).session_id == old.session_id)
print("v0 sessions", len(client.qod.retrieve_sessions(device={"phone_number": "+36721601234567"})))
longer = client.qod.extend_session(old.session_id, requested_additional_duration=600)
print("v0 extended", longer.duration, longer.expires_at - longer.started_at)
client.qod.delete_session(old.session_id)
