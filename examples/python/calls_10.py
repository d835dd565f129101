"""What the page does not call of Nokia's client in its release 10: ports, sinks, and the client for asyncio."""

import asyncio
import os

import httpx
from network_as_code import AsyncNetworkAsCodeApi

DEVICE = {"ipv4address": {"publicAddress": "233.252.0.2", "privateAddress": "192.0.2.25", "publicPort": 80}}
SERVER = {"ipv4address": "233.252.0.2"}
PORTS = {
    "device_ports": {"ranges": [{"from_": 5010, "to": 5020}]},
    "application_server_ports": {"ports": [443, 8443]},
}
OPEN_SINK = os.environ["RIGHTOFWAY_OPEN_SINK"]  # that asks for no token
SINK = os.environ["RIGHTOFWAY_SINK"]
TOKEN = os.environ["RIGHTOFWAY_SINK_TOKEN"]

client = AsyncNetworkAsCodeApi(base_url=os.environ["RIGHTOFWAY_URL"], api_key=os.environ["RIGHTOFWAY_KEY"])
qod = client.qod


async def settled(get, session):
    while session.qos_status == "REQUESTED":
        await asyncio.sleep(0.1)
        session = await get(session.session_id)
    return session


async def events_of(session_id):
    """What the sink of a sandbox was told of a session, once that is all."""
    async with httpx.AsyncClient() as http:
        while True:
            taken = (await http.get(OPEN_SINK, params={"sessionId": session_id})).json()["events"]
            if len(taken) == 2:
                return sorted(one["event"]["data"]["qosStatus"] for one in taken)
            await asyncio.sleep(0.1)


async def main():
    asked = {"device": DEVICE, "application_server": SERVER, "qos_profile": "QOS_L", "duration": 60}

    session = await settled(qod.get_session_v1, await qod.create_session_v1(**asked, **PORTS, sink=OPEN_SINK))
    server, device = session.application_server_ports.ports, session.device_ports.ranges[0]
    print("v1 ports", session.qos_status, server, (device.from_, device.to))
    print("v1 sessions", len(await qod.retrieve_sessions_v1(device=DEVICE)))
    longer = await qod.extend_session_v1(session.session_id, requested_additional_duration=60)
    print("v1 extended", longer.duration)
    await qod.delete_session_v1(session.session_id)
    print("v1 events", await events_of(session.session_id))

    # The client has no member for the token itself.
    credential = {"credential_type": "ACCESSTOKEN"}
    try:
        await qod.create_session_v1(**asked, sink=SINK, sink_credential=credential)
        print("v1 credential taken")
    except Exception as error:
        print("v1 credential", type(error).__name__)

    webhook = {"notification_url": SINK, "notification_auth_token": TOKEN}
    old = await settled(qod.get_session, await qod.create_session(**asked, **PORTS, webhook=webhook))
    server, device = old.application_server_ports.ports, old.device_ports.ranges[0]
    print("v0 ports", old.qos_status, server, (device.from_, device.to))
    print("v0 sessions", len(await qod.retrieve_sessions(device=DEVICE)))
    longer = await qod.extend_session(old.session_id, requested_additional_duration=60)
    print("v0 extended", longer.duration)
    await qod.delete_session(old.session_id)


asyncio.run(main())
