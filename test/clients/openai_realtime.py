"""What a user of the openai client for Python does with realtime transcription: a JSON line a check.

VOX_TEST_URL is the server (https), VOX_TEST_CA its certificate, VOX_TEST_KEY the key, VOX_TEST_CLIP speech as PCM16 at 24 kHz,
VOX_TEST_STT the model.
"""
import base64
import os
import ssl
import struct
import threading
import time

import openai
from openai_checks import check, expect, main

URL = os.environ["VOX_TEST_URL"]
STT = os.environ["VOX_TEST_STT"]
KEY = os.environ["VOX_TEST_KEY"]
CHECKS = []
TRUST = ssl.create_default_context(cafile=os.environ["VOX_TEST_CA"])
with open(os.environ["VOX_TEST_CLIP"], "rb") as file:
    CLIP = file.read()
SILENCE = bytes(2 * 24000)


def client(key=KEY):
    http = openai.DefaultHttpxClient(verify=TRUST)
    return openai.OpenAI(base_url=URL + "/v1", api_key=key, max_retries=0, http_client=http)


def connect(key=KEY, **where):
    where = where or {"extra_query": {"intent": "transcription"}}
    # A machine that runs all tests at once may take longer than the library's 10 s to answer.
    options = {"ssl": TRUST, "open_timeout": 60}
    return client(key).realtime.connect(websocket_connection_options=options, **where)


def session(**audio_input):
    return {"type": "transcription", "audio": {"input": {"transcription": {"model": STT}, **audio_input}}}


def send(connection, audio, bytes_per_ms, speed):
    """In pieces of 100 ms, so much faster than it is spoken."""
    began = time.monotonic()
    for at in range(0, len(audio), 100 * bytes_per_ms):
        piece = audio[at : at + 100 * bytes_per_ms]
        connection.input_audio_buffer.append(audio=base64.b64encode(piece).decode())
        time.sleep(max(0, began + (at / bytes_per_ms) / 1000 / speed - time.monotonic()))


def dialogue(connection, update, audio, bytes_per_ms=48, speed=1.0, commit=False, turns=1):
    """Events by type, until so many turns have their transcript."""
    events = [connection.recv()]
    expect(events[0].type == "session.created", events[0].type)
    if update:
        connection.session.update(session=update)
        events.append(connection.recv())
        expect(events[1].type == "session.updated", f"{events[1]}")

    def speak():
        send(connection, audio, bytes_per_ms, speed)
        if commit:
            connection.input_audio_buffer.commit()

    speaker = threading.Thread(target=speak)
    speaker.start()
    done = []
    while len(done) < turns:
        event = connection.recv()
        events.append(event)
        expect(event.type != "error", f"{event}")
        if event.type == "conversation.item.input_audio_transcription.completed":
            done.append(event)
    speaker.join()
    return events, done


def text_of(events, done):
    """The transcripts; the deltas of each must add up to it."""
    for one in done:
        deltas = [e.delta for e in events if e.type.endswith("transcription.delta") and e.item_id == one.item_id]
        expect("".join(deltas) == one.transcript, f"{deltas} and {one.transcript!r}")
    return " ".join(one.transcript for one in done)


def hears(text):
    text = text.lower()
    for word in ("water", "plants", "leave", "house"):
        expect(word in text, text)


@check(CHECKS)
def server_vad_in_real_time():
    # A busy machine that sends late is no pause.
    turns = {"type": "server_vad", "prefix_padding_ms": 300, "silence_duration_ms": 1500}
    with connect(model="gpt-4o-transcribe") as connection:
        events, done = dialogue(connection, session(turn_detection=turns), CLIP + 2 * SILENCE)
    hears(text_of(events, done))
    types = [event.type for event in events[2:] if "delta" not in event.type]
    expect(
        types
        == [
            "input_audio_buffer.speech_started",
            "input_audio_buffer.speech_stopped",
            "input_audio_buffer.committed",
            "conversation.item.added",
            "conversation.item.done",
            "conversation.item.input_audio_transcription.completed",
        ],
        f"{types}",
    )
    expect(done[0].usage.type == "duration" and 3 < done[0].usage.seconds < 9, f"{done[0].usage}")
    expect(0 <= events[2].audio_start_ms < 600, f"{events[2]}")


@check(CHECKS)
def semantic_vad():
    turns = {"type": "semantic_vad", "eagerness": "low"}
    with connect() as connection:
        events, done = dialogue(connection, session(turn_detection=turns), CLIP + 3 * SILENCE, speed=4.0)
    hears(text_of(events, done))


@check(CHECKS)
def manual_commit_faster_than_spoken():
    with connect() as connection:
        events, done = dialogue(connection, session(turn_detection=None), CLIP, speed=100.0, commit=True)
        hears(text_of(events, done))
        connection.input_audio_buffer.commit()
        connection.input_audio_buffer.clear()
        while connection.recv().type != "input_audio_buffer.cleared":
            pass
    expect(not any("speech" in event.type for event in events), "the client alone says when")


def mulaw(pcm):
    """ITU-T G.711 at 8 kHz of PCM16 at 24 kHz: the mean of three samples each."""
    samples = struct.unpack(f"<{len(pcm) // 2}h", pcm)
    out = bytearray()
    for at in range(0, len(samples) - 2, 3):
        sample = sum(samples[at : at + 3]) // 3
        sign, magnitude = (0x80, -sample) if sample < 0 else (0, sample)
        magnitude = min(magnitude, 32635) + 132
        exponent = magnitude.bit_length() - 8
        out.append(~(sign | exponent << 4 | magnitude >> exponent + 3 & 0x0F) & 0xFF)
    return bytes(out)


@check(CHECKS)
def telephone():
    update = session(turn_detection=None, format={"type": "audio/pcmu"})
    with connect() as connection:
        events, done = dialogue(connection, update, mulaw(CLIP), bytes_per_ms=8, speed=100.0, commit=True)
    hears(text_of(events, done))


@check(CHECKS)
def client_secret():
    made = client().realtime.client_secrets.create(
        session=session(turn_detection=None), expires_after={"anchor": "created_at", "seconds": 600}
    )
    expect(made.value.startswith("ek_") and made.session.type == "transcription", f"{made}")
    with connect(key=made.value) as connection:
        events, done = dialogue(connection, None, CLIP, speed=100.0, commit=True)
    hears(text_of(events, done))


@check(CHECKS)
def no_key():
    for key in ("wrong", "ek_wrong"):
        try:
            with connect(key=key) as connection:
                connection.recv()
        except Exception as error:
            expect("401" in str(error), f"{type(error)} {error}")
            continue
        raise AssertionError(f"{key} was let in")


@check(CHECKS)
def errors_are_events():
    with connect() as connection:
        connection.recv()
        connection.session.update(session={"type": "transcription", "audio": {"input": {"transcription": {"model": "nope"}}}})
        event = connection.recv()
        expect(event.type == "error" and event.error.param.endswith("transcription.model"), f"{event}")


if __name__ == "__main__":
    main(CHECKS)
