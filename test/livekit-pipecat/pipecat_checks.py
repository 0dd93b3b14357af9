"""What a pipecat pipeline does with its services: a JSON line a check. Pipelines run as pipecat's own tests run them."""
import asyncio

import aiohttp
from loguru import logger
from pipecat.frames.frames import (
    ErrorFrame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.elevenlabs.tts import ElevenLabsHttpTTSService, ElevenLabsTTSService
from pipecat.services.openai.stt import OpenAIRealtimeSTTService, OpenAISTTService
from pipecat.services.openai.tts import OpenAITTSService
from pipecat.tests.utils import SleepFrame, run_test

from common import KEY, SENTENCE, URL, WS, check, expect, heard_right, needs_realtime, run_all, spoken

logger.remove()
RATE = 16000


def utterance(after):
    """The sentence as a transport delivers it, in real time, with what a detector says around it."""
    pcm = spoken(RATE) + bytes(RATE)
    step = RATE // 10
    frames = [VADUserStartedSpeakingFrame()]
    for at in range(0, len(pcm), step):
        frames.append(InputAudioRawFrame(audio=pcm[at : at + step], sample_rate=RATE, num_channels=1))
        frames.append(SleepFrame(sleep=0.05))
    return [*frames, VADUserStoppedSpeakingFrame(), SleepFrame(sleep=after)]


async def through(service, frames):
    async with asyncio.timeout(90):
        down, up = await run_test(service, frames_to_send=frames, start_timeout=20)
    errors = [one.error for one in [*down, *up] if isinstance(one, ErrorFrame)]
    expect(not errors, f"errors: {errors}")
    return down


async def heard(service, after=3.0):
    down = await through(service, utterance(after))
    text = " ".join(one.text for one in down if isinstance(one, TranscriptionFrame))
    heard_right(text)
    return down


async def said(service):
    down = await through(service, [TTSSpeakFrame(SENTENCE), SleepFrame(sleep=3)])
    audio = [one for one in down if isinstance(one, TTSAudioRawFrame)]
    expect(audio and all(one.sample_rate == 24000 for one in audio), f"{[type(one).__name__ for one in down]}")
    seconds = sum(len(one.audio) for one in audio) / 48000
    expect(2.5 < seconds < 7, f"{seconds} s of speech")


@check
async def openai_stt_rest():
    settings = OpenAISTTService.Settings(model="whisper-1")
    await heard(OpenAISTTService(base_url=f"{URL}/v1", api_key=KEY, settings=settings), after=5)
    await heard(OpenAISTTService(base_url=f"{URL}/v1", api_key=KEY), after=5)


@check
async def openai_stt_realtime():
    needs_realtime()
    await heard(OpenAIRealtimeSTTService(base_url=f"{WS}/v1/realtime", api_key=KEY), after=5)


@check
async def openai_tts():
    await said(OpenAITTSService(base_url=f"{URL}/v1", api_key=KEY))


@check
async def deepgram_stt():
    down = await heard(DeepgramSTTService(base_url=URL, api_key=KEY))
    expect(any(isinstance(one, InterimTranscriptionFrame) for one in down), "interim transcriptions")


@check
async def elevenlabs_tts_socket():
    settings = ElevenLabsTTSService.Settings(voice="JBFqnCBsd6RMkjVDRZzb")
    await said(ElevenLabsTTSService(url=WS, api_key=KEY, settings=settings))


@check
async def elevenlabs_tts_http():
    settings = ElevenLabsHttpTTSService.Settings(voice="JBFqnCBsd6RMkjVDRZzb")
    async with aiohttp.ClientSession() as session:
        await said(
            ElevenLabsHttpTTSService(base_url=URL, api_key=KEY, aiohttp_session=session, settings=settings)
        )


asyncio.run(run_all())
