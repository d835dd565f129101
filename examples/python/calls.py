"""What the page does not call of Nokia's client in its releases 3 to 8: ports, a sink for events."""

import os
import time
from datetime import datetime, timedelta, timezone

import network_as_code as nac
from network_as_code.models import device as models
from network_as_code.models.session import PortRange, PortsSpec

client = nac.NetworkAsCodeClient(token=os.environ["RIGHTOFWAY_KEY"], qos_base_url=os.environ["RIGHTOFWAY_QOS_URL"])
my_device = client.devices.get(
    "device@testcsp.net",
    ipv4_address=models.DeviceIpv4Addr(public_address="233.252.0.2", private_address="192.0.2.25", public_port=80),
)
server = {"profile": "QOS_L", "service_ipv4": "233.252.0.2", "duration": 60}
events = os.environ["RIGHTOFWAY_SINK"]
token = os.environ["RIGHTOFWAY_SINK_TOKEN"]


def settled(session):
    while session.status == "REQUESTED":
        time.sleep(0.1)
        session = client.sessions.get(session.id)
    return session


with_ports = settled(
    my_device.create_qod_session(
        **server,
        device_ports=PortsSpec(ranges=[PortRange(start=5010, end=5020)]),
        service_ports=PortsSpec(ports=[443, 8443], ranges=[PortRange(start=9000, end=9010)]),
    )
)
# Release 3 does not keep them.
kept = getattr(with_ports, "service_ports", None)
print("ports", with_ports.status, kept and kept.ports, kept and [(one.start, one.end) for one in kept.ranges])
with_ports.delete()

empty = settled(my_device.create_qod_session(**server, service_ports=PortsSpec(ports=[], ranges=[])))
print("empty ports", empty.status)
empty.delete()

if hasattr(models, "AccessTokenCredential"):  # from release 8 on
    expires = datetime.now(timezone.utc) + timedelta(days=1)
    credential = models.AccessTokenCredential(
        credential_type="ACCESSTOKEN", access_token=token, access_token_expires_utc=expires, access_token_type="bearer"
    )
    told = {"sink": events, "sink_credential": credential}
else:
    told = {"notification_url": events, "notification_auth_token": token}
session = settled(my_device.create_qod_session(**server, **told))
print("sink", session.status)
session.delete()

if hasattr(models, "PlainCredential"):
    plain = models.PlainCredential(credential_type="PLAIN", identifier="me", secret="secret")
    try:
        my_device.create_qod_session(**server, sink=events, sink_credential=plain)
        print("plain credential taken")
    except Exception as error:
        print("plain credential", type(error).__name__)
