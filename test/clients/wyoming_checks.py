"""Wyoming by its own Python library, unchanged, against a running server: one JSON line a check.

    python wyoming_checks.py RECORDING.wav WORDS

VOX_TEST_PORT is the Wyoming port; WORDS is what the recording says. VOX_TEST_MODELS names recognisers and a voice.
"""
import asyncio
import contextlib
import json
import os
import sys
import time
import traceback
import wave

from wyoming.asr import Transcribe, Transcript, TranscriptChunk, TranscriptStart, TranscriptStop, VadSensitivity
from wyoming.audio import AudioChunk, AudioStart, AudioStop, wav_to_chunks
from wyoming.client import AsyncTcpClient
from wyoming.error import Error
from wyoming.event import Event
from wyoming.info import Describe, Info, SelectProgram
from wyoming.ping import Ping, Pong
from wyoming.tts import (
    Synthesize,
    SynthesizeChunk,
    SynthesizeStart,
    SynthesizeStop,
    SynthesizeStopped,
    SynthesizeVoice,
)

PORT = int(os.environ["VOX_TEST_PORT"])
STT, OTHER_STT, TTS = os.environ["VOX_TEST_MODELS"].split(",")
RECORDING, WORDS = sys.argv[1], sys.argv[2]
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def client():
    return AsyncTcpClient("127.0.0.1", PORT, connect_timeout=5, read_timeout=60)


def words(text):
    return "".join(c if c.isalnum() or c.isspace() else " " for c in text.lower()).split()


def same(text, wanted=WORDS):
    missing = [word for word in words(wanted) if word not in words(text)]
    assert len(missing) <= max(2, len(words(wanted)) // 10), f"heard {text!r}"


async def ask(connection, *eventables):
    for one in eventables:
        await connection.write_event(one.event())


async def info(connection):
    await ask(connection, Describe())
    event = await connection.read_event()
    assert Info.is_type(event.type), event
    return Info.from_event(event)


async def speak(connection, samples=1024, pace=0.0):
    with wave.open(RECORDING, "rb") as wav:
        for chunk in wav_to_chunks(wav, samples, start_event=True, stop_event=True):
            await connection.write_event(chunk.event())
            if pace and AudioChunk.is_type(chunk.event().type):
                await asyncio.sleep(pace)


async def up_to(connection, last):
    events = []
    while True:
        event = await connection.read_event()
        assert event is not None, f"closed after {[one.type for one in events]}"
        assert not Error.is_type(event.type), Error.from_event(event)
        events.append(event)
        if last.is_type(event.type):
            return events


async def heard(connection):
    """The transcript, and its chunks joined: the same."""
    events = await up_to(connection, TranscriptStop)
    assert TranscriptStart.is_type(events[0].type), events
    chunks = [TranscriptChunk.from_event(one).text for one in events if TranscriptChunk.is_type(one.type)]
    assert Transcript.is_type(events[-2].type), events
    transcript = Transcript.from_event(events[-2])
    assert "".join(chunks) == transcript.text, (chunks, transcript.text)
    assert len(events) == len(chunks) + 3, events
    return transcript


@check
async def describes_what_runs():
    async with client() as connection:
        found = await info(connection)
        assert [program.name for program in found.asr][:2] == ["vox", STT], found.asr
        assert [program.name for program in found.tts][:2] == ["vox", TTS], found.tts
        everything = found.asr[0]
        assert {STT, OTHER_STT} <= {model.name for model in everything.models}, everything
        assert everything.installed and all(model.installed for model in everything.models)
        assert everything.supports_transcript_streaming and found.tts[0].supports_synthesize_streaming
        assert len(everything.models[0].languages) == 99, everything.models[0].languages
        voice = found.tts[0].voices[0]
        assert voice.name == TTS and voice.languages == ["en-US"] and voice.installed, voice


@check
async def answers_pings():
    async with client() as connection:
        await ask(connection, Ping(text="are you there?"))
        assert Pong.from_event(await connection.read_event()).text == "are you there?"


@check
async def transcribes_as_home_assistant_does():
    async with client() as connection:
        await ask(connection, Transcribe(language="en"))
        await speak(connection)
        while True:
            event = await connection.read_event()
            assert event is not None and not Error.is_type(event.type), event
            if Transcript.is_type(event.type):
                same(Transcript.from_event(event).text)
                return


@check
async def streams_the_transcript():
    """At the pace of speech; chunks come before the audio has ended."""
    async with client() as connection:
        await ask(connection, Transcribe(language="en", context={"turn": 1}))
        sending = asyncio.create_task(speak(connection, 1600, 0.05))
        transcript = await heard(connection)
        await sending
        same(transcript.text)
        assert transcript.language == "en" and transcript.context == {"turn": 1}, transcript


@check
async def chooses_models():
    async with client() as connection:
        await ask(connection, SelectProgram(name=OTHER_STT))
        await ask(connection, Transcribe())
        await speak(connection)
        same((await heard(connection)).text)
        # The selection holds: that one hears English alone.
        await ask(connection, Transcribe(language="de"))
        await speak(connection)
        event = await connection.read_event()
        assert Error.is_type(event.type) and "language 'de'" in Error.from_event(event).text, event
        assert await connection.read_event() is None
    async with client() as connection:
        await ask(connection, Transcribe(name=OTHER_STT, transcript_names=["Joe"], transcript_terms=["fox"]))
        await speak(connection)
        same((await heard(connection)).text)


@check
async def takes_other_formats():
    """Stereo of 24 bits at 48 kHz: each sample three times, twice, with a byte below it."""
    async with client() as connection:
        await ask(connection, Transcribe(name=OTHER_STT))
        with wave.open(RECORDING, "rb") as wav:
            rate, pcm = wav.getframerate(), wav.readframes(wav.getnframes())
        frames = b"".join((b"\0" + pcm[at : at + 2]) * 6 for at in range(0, len(pcm), 2))
        kind = {"rate": rate * 3, "width": 3, "channels": 2}
        await ask(connection, AudioStart(**kind))
        for at in range(0, len(frames), 18_000):
            await ask(connection, AudioChunk(**kind, audio=frames[at : at + 18_000]))
        await ask(connection, AudioStop())
        same((await heard(connection)).text)


@check
async def ends_a_command_by_itself():
    async with client() as connection:
        await ask(connection, Transcribe(name=OTHER_STT, vad_sensitivity=VadSensitivity.DEFAULT))
        with wave.open(RECORDING, "rb") as wav:
            rate, pcm = wav.getframerate(), wav.readframes(wav.getnframes())
        kind = {"rate": rate, "width": 2, "channels": 1}
        await ask(connection, AudioStart(**kind), AudioChunk(**kind, audio=pcm))
        silence = AudioChunk(**kind, audio=bytes(rate // 5))
        reading = asyncio.create_task(heard(connection))
        for _ in range(600):
            if reading.done():
                break
            await ask(connection, silence)
            await asyncio.sleep(0.05)
        assert reading.done(), "no transcript without audio-stop"
        same((await reading).text)
        await ask(connection, silence, AudioStop(), Ping(text="on"))
        assert Pong.is_type((await connection.read_event()).type)


def seconds(events):
    chunks = [AudioChunk.from_event(one) for one in events if AudioChunk.is_type(one.type)]
    assert chunks and {(one.width, one.channels) for one in chunks} == {(2, 1)}, events
    return sum(one.seconds for one in chunks)


@check
async def speaks():
    async with client() as connection:
        voice = SynthesizeVoice(name=TTS)
        await ask(connection, Synthesize(text="One two three four five.", voice=voice))
        events = await up_to(connection, AudioStop)
        assert AudioStart.is_type(events[0].type), events[0]
        assert 1 < seconds(events) < 5, seconds(events)
        await ask(connection, Synthesize(text="<speak>One.</speak>", text_format="ssml", voice=SynthesizeVoice(language="en_US")))
        assert 0.1 < seconds(await up_to(connection, AudioStop)) < 2


@check
async def speaks_while_the_text_is_written():
    """The first sentence is heard before the second is written; the copy of the text is not spoken again."""
    async with client() as connection:
        await ask(connection, SynthesizeStart(voice=SynthesizeVoice(name=TTS)))
        for part in ["This is the first ", "sentence. And ", "this "]:
            await ask(connection, SynthesizeChunk(text=part))
        first = await up_to(connection, AudioStop)
        assert AudioStart.is_type(first[0].type), first[0]
        await ask(connection, SynthesizeChunk(text="is the second one."))
        await ask(connection, Synthesize(text="This is the first sentence. And this is the second one."))
        await ask(connection, SynthesizeStop())
        rest = await up_to(connection, SynthesizeStopped)
        kinds = [one.type for one in rest if not AudioChunk.is_type(one.type)]
        assert kinds == ["audio-start", "audio-stop", "synthesize-stopped"], kinds
        assert seconds(first) > 0.8 and seconds(rest) > 0.8


@check
async def refuses_what_it_can_not():
    asked = {
        "unknown": Synthesize(text="Hello.", voice=SynthesizeVoice(name="nobody")),
        "model_unknown": SelectProgram(name="nothing-like-it"),
    }
    for code, one in asked.items():
        async with client() as connection:
            await ask(connection, one)
            error = Error.from_event(await connection.read_event())
            assert error.code == ("invalid_request" if code == "unknown" else code), error
            assert await connection.read_event() is None


@check
async def goes_on_after_clients_that_leave():
    """In the middle of speech, of audio and of a payload; then 10 000 tiny chunks are heard."""
    for _ in range(2):
        leaving = client()
        await leaving.connect()
        await ask(leaving, Synthesize(text="A long sentence that nobody will listen to until its end. " * 20))
        await leaving.read_event()
        await leaving.disconnect()
    kind = {"rate": 16000, "width": 2, "channels": 1}
    leaving = client()
    await leaving.connect()
    await ask(leaving, Transcribe(), AudioStart(**kind), AudioChunk(**kind, audio=bytes(32000)))
    leaving._writer.write(b'{"type":"audio-chunk","data":{"rate":16000,"width":2,"channels":1},"payload_length":99}\nx')
    await leaving._writer.drain()
    await leaving.disconnect()
    async with client() as connection:
        await ask(connection, Transcribe(language="en"), AudioStart(**kind))
        tiny = AudioChunk(**kind, audio=bytes(4)).event()
        await asyncio.gather(*(connection.write_event(tiny) for _ in range(10_000)))
        await connection.write_event(Event(type="detect", data={"names": ["x"]}))
        await ask(connection, AudioStop())
        assert (await heard(connection)).text == ""


async def main():
    for function in CHECKS:
        began = time.monotonic()
        outcome = {"name": function.__name__, "ok": True}
        try:
            await asyncio.wait_for(function(), 90)
        except BaseException as error:  # pylint: disable=broad-except
            outcome = {**outcome, "ok": False, "error": repr(error), "trace": traceback.format_exc()}
        outcome["seconds"] = round(time.monotonic() - began, 2)
        print(json.dumps(outcome), flush=True)


with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(main())
