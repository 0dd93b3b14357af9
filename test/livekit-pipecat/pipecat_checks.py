"""What a pipecat pipeline does with its services: a JSON line a check."""
import asyncio

import aiohttp
from loguru import logger
from pipecat.frames.frames import (
    EndFrame,
    ErrorFrame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStoppedFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.deepgram.stt import DeepgramSTTService
from pipecat.services.elevenlabs.tts import ElevenLabsHttpTTSService, ElevenLabsTTSService
from pipecat.services.openai.stt import OpenAIRealtimeSTTService, OpenAISTTService
from pipecat.services.openai.tts import OpenAITTSService
from pipecat.workers.runner import WorkerRunner

from common import KEY, SENTENCE, URL, WS, check, expect, heard_right, needs_realtime, run_all, spoken

logger.remove()
RATE = 16000
# Seconds until a voice that says nothing is given up; pipecat's 3 are few on a busy machine.
PATIENCE = 20


class Sink(FrameProcessor):
    """Keeps every frame that reaches the end of the pipeline."""

    def __init__(self):
        super().__init__()
        self.frames = []

    async def process_frame(self, frame, direction):
        await super().process_frame(frame, direction)
        self.frames.append(frame)
        await self.push_frame(frame, direction)


async def through(service, say, done):
    """Runs a pipeline of the service: `say` sends frames to it, until `done` is content with what came out."""
    sink = Sink()
    worker = PipelineWorker(Pipeline([service, sink]), cancel_on_idle_timeout=False)
    started = asyncio.Event()
    worker.event_handler("on_pipeline_started")(lambda *_: started.set())
    errors = []

    async def talk():
        try:
            await asyncio.wait_for(started.wait(), 30)
            await say(worker)
            for _ in range(600):
                errors.extend(one.error for one in sink.frames if isinstance(one, ErrorFrame))
                if errors or done(sink.frames):
                    break
                await asyncio.sleep(0.1)
        finally:
            await worker.queue_frame(EndFrame())

    runner = WorkerRunner()
    await runner.add_workers(worker)
    async with asyncio.timeout(120):
        await asyncio.gather(runner.run(), talk())
    expect(not errors, f"errors: {errors}")
    expect(done(sink.frames), f"never done: {[type(one).__name__ for one in sink.frames]}")
    return sink.frames


def text_of(frames):
    return " ".join(one.text for one in frames if isinstance(one, TranscriptionFrame))


async def heard(service):
    """The sentence as a transport delivers it, in real time, with what a detector says around it."""
    pcm = spoken(RATE) + bytes(RATE)

    async def say(worker):
        step = RATE // 10
        await worker.queue_frame(VADUserStartedSpeakingFrame())
        for at in range(0, len(pcm), step):
            audio = pcm[at : at + step]
            await worker.queue_frame(InputAudioRawFrame(audio=audio, sample_rate=RATE, num_channels=1))
            await asyncio.sleep(0.05)
        await worker.queue_frame(VADUserStoppedSpeakingFrame())

    frames = await through(service, say, lambda frames: "wall" in text_of(frames).lower())
    heard_right(text_of(frames))
    return frames


def seconds_of(frames):
    audio = [one for one in frames if isinstance(one, TTSAudioRawFrame)]
    expect(all(one.sample_rate == 24000 for one in audio), "24 kHz")
    return sum(len(one.audio) for one in audio) / 48000


async def said(service):
    async def say(worker):
        await worker.queue_frame(TTSSpeakFrame(SENTENCE))

    frames = await through(
        service, say, lambda frames: any(isinstance(one, TTSStoppedFrame) for one in frames)
    )
    seconds = seconds_of(frames)
    expect(2.5 < seconds < 7, f"{seconds} s of speech")


@check
async def openai_stt_rest():
    settings = OpenAISTTService.Settings(model="whisper-1")
    await heard(OpenAISTTService(base_url=f"{URL}/v1", api_key=KEY, settings=settings))
    await heard(OpenAISTTService(base_url=f"{URL}/v1", api_key=KEY))


@check
async def openai_stt_realtime():
    needs_realtime()
    await heard(OpenAIRealtimeSTTService(base_url=f"{WS}/v1/realtime", api_key=KEY))


@check
async def openai_tts():
    await said(OpenAITTSService(base_url=f"{URL}/v1", api_key=KEY, stop_frame_timeout_s=PATIENCE))


@check
async def deepgram_stt():
    down = await heard(DeepgramSTTService(base_url=URL, api_key=KEY))
    expect(any(isinstance(one, InterimTranscriptionFrame) for one in down), "interim transcriptions")


@check
async def elevenlabs_tts_socket():
    settings = ElevenLabsTTSService.Settings(voice="JBFqnCBsd6RMkjVDRZzb")
    await said(ElevenLabsTTSService(url=WS, api_key=KEY, settings=settings, stop_frame_timeout_s=PATIENCE))


@check
async def elevenlabs_tts_http():
    settings = ElevenLabsHttpTTSService.Settings(voice="JBFqnCBsd6RMkjVDRZzb")
    async with aiohttp.ClientSession() as session:
        await said(
            ElevenLabsHttpTTSService(base_url=URL, api_key=KEY, aiohttp_session=session, settings=settings, stop_frame_timeout_s=PATIENCE)
        )


asyncio.run(run_all())
