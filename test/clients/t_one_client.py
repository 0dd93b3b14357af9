"""The flow of the T-one wrapper's README with `requests`, against a running server: one JSON document.

    python t_one_client.py RECORDING.wav CHUNK_MS

VOX_TEST_URL is the server, VOX_TEST_KEY the key if it has one.
"""
import io
import json
import os
import sys
import wave

import requests

URL = os.environ["VOX_TEST_URL"]
HEADERS = {"X-API-Key": os.environ["VOX_TEST_KEY"]} if os.environ.get("VOX_TEST_KEY") else {}


def post(path, **more):
    reply = requests.post(URL + path, headers=HEADERS, timeout=300, **more)
    reply.raise_for_status()
    return reply.json()


def transcribe(path):
    with open(path, "rb") as file:
        return post("/transcribe", files={"file": file}, data={"return_timestamps": "true"})


def chunks(path, ms):
    with wave.open(path, "rb") as whole:
        while frames := whole.readframes(whole.getframerate() * ms // 1000):
            made = io.BytesIO()
            with wave.open(made, "wb") as part:
                part.setnchannels(whole.getnchannels())
                part.setsampwidth(whole.getsampwidth())
                part.setframerate(whole.getframerate())
                part.writeframes(frames)
            yield made.getvalue()


def stream(path, ms):
    state_id = post("/transcribe/streaming")["state_id"]
    phrases = []
    for number, chunk in enumerate(chunks(path, ms)):
        files = {"file": (f"chunk{number}.wav", chunk, "audio/wav")}
        answer = post("/transcribe/streaming/chunk", data={"state_id": state_id}, files=files)
        assert answer["state_id"] == state_id and answer["is_final"] is False, answer
        phrases.extend(answer["phrases"])
    last = post("/transcribe/streaming/finalize", data={"state_id": state_id})
    assert last["is_final"] is True, last
    return {"told": phrases, "all": last["phrases"]}


def refused():
    """Status and detail of what is wrong."""
    cases = [
        requests.post(URL + "/transcribe", headers=HEADERS, timeout=30),
        requests.post(URL + "/transcribe", headers=HEADERS, files={"file": ("e.wav", b"")}, timeout=30),
        requests.post(
            URL + "/transcribe/streaming/finalize", headers=HEADERS, data={"state_id": "nope"}, timeout=30
        ),
        requests.get(URL + "/transcribe", headers=HEADERS, timeout=30),
        requests.post(URL + "/transcribe", headers={"X-API-Key": "wrong"}, timeout=30),
    ]
    return [[reply.status_code, reply.json()["detail"]] for reply in cases]


if __name__ == "__main__":
    recording, ms = sys.argv[1], int(sys.argv[2])
    health = requests.get(URL + "/health", timeout=30).json()
    print(
        json.dumps(
            {
                "health": health,
                "offline": transcribe(recording),
                "streaming": stream(recording, ms),
                "refused": refused(),
            }
        )
    )
