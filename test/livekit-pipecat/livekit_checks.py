"""What a LiveKit agent does with its plug-ins, without a room: a JSON line a check."""
import asyncio

from livekit import rtc
from livekit.agents import stt
from livekit.agents.utils import http_context
from livekit.plugins import deepgram, elevenlabs, openai

from common import KEY, URL, check, expect, heard_right, needs_realtime, run_all, spoken, SENTENCE

EVENT = stt.SpeechEventType
OPENAI = dict(base_url=f"{URL}/v1", api_key=KEY)


def frames(rate, milliseconds=50):
    """The sentence twice, without a pause that ends it, and half a second of silence, cut as a room delivers it."""
    pcm = spoken(rate) * 2 + bytes(rate)
    step = rate * milliseconds // 1000 * 2
    return [
        rtc.AudioFrame(pcm[at : at + step], rate, 1, len(pcm[at : at + step]) // 2)
        for at in range(0, len(pcm), step)
    ]


async def collect(stream, rate, enough=lambda events: False):
    """Says the sentences to a stream in real time and returns all events, to its end or until they are enough."""

    async def say():
        for frame in frames(rate):
            stream.push_frame(frame)
            await asyncio.sleep(0.05)
        stream.flush()
        await asyncio.sleep(2)
        stream.end_input()

    saying = asyncio.create_task(say())
    events = []
    async with asyncio.timeout(60):
        async for event in stream:
            events.append(event)
            if enough(events):
                break
    await saying
    await stream.aclose()
    return events


def finals(events):
    return [one.alternatives[0] for one in events if one.type == EVENT.FINAL_TRANSCRIPT]


def text_of(events):
    return " ".join(one.text for one in finals(events))


async def said(chunks):
    seconds, rate, last = 0.0, 0, False
    async with asyncio.timeout(60):
        async for one in chunks:
            seconds += one.frame.duration
            rate = one.frame.sample_rate
            last = last or one.is_final
    expect(2.5 < seconds < 7, f"{seconds} s of speech")
    expect(last, "the last frame says that it is")
    return rate


@check
async def openai_stt_rest():
    for model in ("whisper-1", "gpt-4o-mini-transcribe"):
        service = openai.STT(model=model, language="en", **OPENAI)
        event = await service.recognize(frames(16000))
        heard_right(event.alternatives[0].text)
        await service.aclose()


@check
async def openai_stt_realtime():
    needs_realtime()
    service = openai.STT(model="gpt-4o-mini-transcribe", language="en", use_realtime=True, **OPENAI)
    # A realtime connection has no end of its own.
    events = await collect(service.stream(), 24000, lambda events: "wall" in text_of(events).lower())
    heard_right(text_of(events))
    expect(any(one.type == EVENT.INTERIM_TRANSCRIPT for one in events), "interim transcripts")
    await service.aclose()


@check
async def openai_tts_sse_and_audio():
    for model, form in (("gpt-4o-mini-tts", "mp3"), ("gpt-4o-mini-tts", "pcm"), ("tts-1", "wav"), ("tts-1", "opus")):
        service = openai.TTS(model=model, voice="ash", response_format=form, **OPENAI)
        expect(await said(service.synthesize(SENTENCE)) == 24000, f"{form} at 24 kHz")
        await service.aclose()


@check
async def deepgram_stt_stream():
    service = deepgram.STT(base_url=f"{URL}/v1/listen", api_key=KEY, keyterm=["fox"])
    events = await collect(service.stream(), 16000)
    kinds = [one.type for one in events]
    heard_right(text_of(events))
    expect(kinds.count(EVENT.START_OF_SPEECH) == kinds.count(EVENT.END_OF_SPEECH) > 0, f"{kinds}")
    words = [word for one in finals(events) for word in one.words]
    heard_right(" ".join(words))
    times = [at for word in words for at in (word.start_time, word.end_time)]
    expect(times == sorted(times), f"word times go forward: {times}")
    expect(all(one.request_id for one in events if one.type == EVENT.FINAL_TRANSCRIPT), "request_id")
    if EVENT.INTERIM_TRANSCRIPT not in kinds:
        return "no interim text: the machine was too busy to decode before the final"
    expect(kinds.index(EVENT.START_OF_SPEECH) < kinds.index(EVENT.INTERIM_TRANSCRIPT), f"{kinds}")


@check
async def deepgram_stt_recording():
    service = deepgram.STT(base_url=f"{URL}/v1/listen", api_key=KEY)
    event = await service.recognize(frames(16000))
    heard_right(event.alternatives[0].text)
    heard_right(" ".join(event.alternatives[0].words))


@check
async def elevenlabs_tts_http_and_socket():
    for encoding in ("mp3_22050_32", "pcm_24000"):
        service = elevenlabs.TTS(base_url=f"{URL}/v1", api_key=KEY, encoding=encoding)
        await said(service.synthesize(SENTENCE))
        stream = service.stream()
        for word in SENTENCE.split(" "):
            stream.push_text(f"{word} ")
        stream.end_input()
        await said(stream)
        await stream.aclose()
        expect(await service.list_voices(), "voices")
        await service.aclose()


async def main():
    factory = http_context._new_session_ctx()
    try:
        await run_all()
    finally:
        await factory().close()


asyncio.run(main())
