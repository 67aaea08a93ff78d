"""Lets those beyond the wire reach a server that listens on loopback.

    forward.py ADDRESS PORT CONGESTION_CONTROL
"""

import asyncio
import socket
import sys

ADDRESS, PORT, CONTROL = sys.argv[1], int(sys.argv[2]), sys.argv[3]
# The event loop itself holds none of them, and what nobody holds is collected while it waits.
TASKS = set()


async def copy(reader, writer):
    try:
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
    except OSError:
        writer.close()


async def connected(reader, writer):
    task = asyncio.current_task()
    TASKS.add(task)
    task.add_done_callback(TASKS.discard)
    client = writer.get_extra_info("socket")
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, CONTROL.encode())
    server_reader, server_writer = await asyncio.open_connection("127.0.0.1", PORT)
    await asyncio.gather(copy(reader, server_writer), copy(server_reader, writer))
    for each in (writer, server_writer):
        each.close()


async def main():
    server = await asyncio.start_server(connected, ADDRESS, PORT, backlog=1024)
    await server.serve_forever()


asyncio.run(main())
