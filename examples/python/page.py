"""The page "Creating a Session with duration", with Nokia's client in its releases 3 to 8."""

import os
import time

import network_as_code as nac
from network_as_code.models.device import DeviceIpv4Addr

client = nac.NetworkAsCodeClient(
    token=os.environ["RIGHTOFWAY_KEY"],
    qos_base_url=os.environ["RIGHTOFWAY_QOS_URL"],  # all that is new: where the gateway is
)

my_device = client.devices.get(
    "device@testcsp.net",
    ipv4_address=DeviceIpv4Addr(public_address="233.252.0.2", private_address="192.0.2.25", public_port=80),
    phone_number="+36721601234567",
)

my_session = my_device.create_qod_session(
    profile="QOS_L",
    service_ipv4="233.252.0.2",
    service_ipv6="2001:db8:1234:5678:9abc:def0:fedc:ba98",
    duration=3600,
)

# A network that takes longer than a second answers later.
while my_session.status == "REQUESTED":
    time.sleep(0.1)
    my_session = client.sessions.get(my_session.id)

# A method until release 4, a number from 5 on.
duration = my_session.duration() if callable(my_session.duration) else my_session.duration
print("duration", int(duration.total_seconds()) if hasattr(duration, "total_seconds") else duration)
print("started", my_session.started_at is not None, "expires", my_session.expires_at is not None)
print("sessions", len(my_device.sessions()), "found", client.sessions.get(my_session.id).id == my_session.id)

if hasattr(my_session, "extend"):
    my_session.extend(600)
    print("extended", client.sessions.get(my_session.id).duration)

my_session.delete()

try:  # by position, as the page has it: profile, IPv4, IPv6, duration
    by_position = my_device.create_qod_session("QOS_L", "233.252.0.2", "2001:db8:1234:5678:9abc:def0:fedc:ba98", 3600)
    print("position taken", by_position.id)
except Exception as error:
    print("position", type(error).__name__)

my_device.create_qod_session(profile="QOS_L", service_ipv4="233.252.0.2", duration=60)
my_device.clear_sessions()
print("left", len([s for s in my_device.sessions() if s.status != "UNAVAILABLE"]))
