"""What both scripts share: checks that print a JSON line each, the sentence, and what must be heard of it."""
import http.client
import json
import os
import traceback
import urllib.request

URL = os.environ["VOX_TEST_URL"]
KEY = os.environ["VOX_TEST_KEY"]
WS = URL.replace("http", "ws", 1)
SENTENCE = "The quick brown fox jumps over the lazy dog near the garden wall."
# What a small Whisper hears of it, whatever it makes of the rest.
WORDS = ["quick", "brown", "fox", "over", "lazy", "dog", "garden", "wall"]
CHECKS = []


class Skip(Exception):
    """The server or the client has not what the check is of."""


def check(function):
    CHECKS.append(function)
    return function


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def heard_right(text):
    missing = [word for word in WORDS if word not in text.lower()]
    expect(len(missing) <= 1, f"{missing} not in {text!r}")


def spoken(rate):
    """The sentence as 16-bit samples of so many Hz, from the server itself."""
    request = urllib.request.Request(
        f"{URL}/v1/text-to-speech/default?output_format=pcm_{rate}",
        data=json.dumps({"text": SENTENCE}).encode(),
        headers={"content-type": "application/json", "xi-api-key": KEY},
    )
    with urllib.request.urlopen(request) as reply:
        return reply.read()


def needs_realtime():
    """Raises Skip where the server has no `/v1/realtime`."""
    connection = http.client.HTTPConnection(URL.removeprefix("http://"), timeout=10)
    headers = {
        "authorization": f"Bearer {KEY}",
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    connection.request("GET", "/v1/realtime?intent=transcription", headers=headers)
    status = connection.getresponse().status
    connection.close()
    if status == 404:
        raise Skip("this server has no /v1/realtime")


def warm_up():
    """Loads both models, so that no check waits for them."""
    request = urllib.request.Request(
        f"{URL}/v1/listen?encoding=linear16&sample_rate=16000",
        data=spoken(16000),
        headers={"content-type": "application/octet-stream", "authorization": f"Token {KEY}"},
    )
    with urllib.request.urlopen(request) as reply:
        reply.read()


async def run_all():
    warm_up()
    for one in CHECKS:
        outcome = {"name": one.__name__, "ok": True}
        try:
            note = await one()
            if note:
                outcome["note"] = note
        except Skip as reason:
            outcome["skipped"] = str(reason)
        except BaseException as problem:
            outcome.update(ok=False, error=repr(problem), trace=traceback.format_exc())
        print(json.dumps(outcome), flush=True)
