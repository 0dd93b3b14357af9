"""A client of /v1/stt/ws on the websockets package: PCM16 at 16 kHz from standard input in frames of 20 ms, in real
time, a commit, and every message up to the final that answers it, one a line."""

import asyncio
import json
import sys

from websockets.asyncio.client import connect

FRAME_BYTES = 640


async def main(url: str) -> None:
    audio = sys.stdin.buffer.read()
    async with connect(url) as ws:
        ready = json.loads(await ws.recv())
        print(json.dumps(ready), flush=True)

        async def send() -> None:
            for at in range(0, len(audio), FRAME_BYTES):
                await ws.send(audio[at : at + FRAME_BYTES])
                await asyncio.sleep(0.02)
            await ws.send('{"type":"commit"}')

        sending = asyncio.create_task(send())
        async for message in ws:
            print(message, flush=True)
            told = json.loads(message)
            if told["type"] == "error" or (told["type"] == "final" and told.get("reason") == "commit"):
                break
        await sending


asyncio.run(main(sys.argv[1]))
