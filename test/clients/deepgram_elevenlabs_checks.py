"""What a user of the deepgram-sdk and elevenlabs packages does, against a running server: a JSON line a check.

    python deepgram_elevenlabs_checks.py

VOX_TEST_URL is the server, VOX_TEST_KEY its key. Its default models do the work.
"""
import base64
import json
import os
import threading
import time
import traceback

from deepgram import DeepgramClient
from deepgram.core.api_error import ApiError as DeepgramError
from deepgram.core.events import EventType
from deepgram.environment import DeepgramClientEnvironment
from deepgram.listen.v1.types import (
    ListenV1Metadata,
    ListenV1Results,
    ListenV1SpeechStarted,
    ListenV1UtteranceEnd,
)
from elevenlabs import VoiceSettings
from elevenlabs.client import ElevenLabs
from elevenlabs.core.api_error import ApiError as ElevenLabsError
from websockets.exceptions import InvalidStatus

URL = os.environ["VOX_TEST_URL"]
KEY = os.environ["VOX_TEST_KEY"]
SENTENCE = "The quick brown fox jumps over the lazy dog near the garden wall."
# What a small Whisper hears of it, whatever it makes of the rest.
WORDS = ["quick", "brown", "fox", "over", "lazy", "dog", "garden", "wall"]
# One of ElevenLabs' own voices, which stands for the default.
VOICE = "JBFqnCBsd6RMkjVDRZzb"
CHECKS = []


def check(function):
    CHECKS.append(function)
    return function


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def deepgram(key=KEY):
    ws = URL.replace("http", "ws", 1)
    environment = DeepgramClientEnvironment(base=URL, production=ws, agent=ws, agent_rest=URL)
    return DeepgramClient(api_key=key, environment=environment)


def elevenlabs(key=KEY):
    return ElevenLabs(base_url=URL, api_key=key, timeout=120)


def spoken(output_format, text=SENTENCE):
    parts = elevenlabs().text_to_speech.convert(VOICE, text=text, output_format=output_format)
    return b"".join(parts)


def heard_right(text):
    missing = [word for word in WORDS if word not in text.lower()]
    expect(len(missing) <= 1, f"{missing} not in {text!r}")


class Listener:
    """A live stream as the quick start has it: handlers, a thread that listens, audio from here."""

    def __init__(self, **options):
        self.messages = []
        self.errors = []
        self._context = deepgram().listen.v1.connect(**options)

    def __enter__(self):
        self.connection = self._context.__enter__()
        self.connection.on(EventType.MESSAGE, self.messages.append)
        self.connection.on(EventType.ERROR, self.errors.append)
        self.thread = threading.Thread(target=self.connection.start_listening, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *args):
        self._context.__exit__(*args)

    def say(self, audio, bytes_a_second, pace=1.0):
        step = bytes_a_second // 20
        for at in range(0, len(audio), step):
            self.connection.send_media(audio[at : at + step])
            time.sleep(0.05 / pace)

    def of(self, kind):
        return [message for message in self.messages if isinstance(message, kind)]

    def wait(self, what, test):
        for _ in range(600):
            if test():
                return
            time.sleep(0.05)
        raise AssertionError(f"never: {what}; was told {self.messages[-3:]}")

    def finals(self):
        return [one for one in self.of(ListenV1Results) if one.is_final]

    def text(self):
        return " ".join(one.channel.alternatives[0].transcript for one in self.finals()).strip()


@check
def live_interim_finalize_keepalive_close():
    options = dict(
        model="nova-3",
        language="en",
        encoding="linear16",
        sample_rate=16000,
        channels=1,
        interim_results=True,
        smart_format=True,
        vad_events=True,
        utterance_end_ms=1000,
        endpointing=300,
        keyterm=["fox"],
    )
    with Listener(**options) as listener:
        listener.connection.send_keep_alive()
        listener.say(spoken("pcm_16000"), 32000)
        listener.connection.send_finalize()
        listener.wait("from_finalize", lambda: any(one.from_finalize for one in listener.finals()))
        listener.say(bytes(32000 * 2), 32000, pace=4)
        listener.wait("UtteranceEnd", lambda: listener.of(ListenV1UtteranceEnd))
        listener.connection.send_close_stream()
        listener.wait("Metadata", lambda: listener.of(ListenV1Metadata))
        listener.thread.join(10)
        expect(not listener.thread.is_alive(), "the stream ends after Metadata")
        expect(not listener.errors, f"errors: {listener.errors}")
        heard_right(listener.text())
        interim = [one for one in listener.of(ListenV1Results) if not one.is_final]
        expect(interim, "interim results come while it is said")
        expect(listener.of(ListenV1SpeechStarted), "SpeechStarted")
        words = [word for one in listener.finals() for word in one.channel.alternatives[0].words]
        heard_right(" ".join(word.word for word in words))
        times = [at for word in words for at in (word.start, word.end)]
        expect(times == sorted(times) and times[-1] < 6, f"times go forward: {times}")
        expect(all(word.punctuated_word for word in words), "punctuated words")
        request = {one.metadata.request_id for one in listener.of(ListenV1Results)}
        metadata = listener.of(ListenV1Metadata)[0]
        expect(request == {metadata.request_id}, "one request id")
        expect(4 < metadata.duration < 9, f"duration {metadata.duration}")
        end = listener.of(ListenV1UtteranceEnd)[0].last_word_end
        expect(abs(end - times[-1]) < 0.01, f"last word ends at {end}, {times[-1]}")


@check
def live_telephone_mulaw():
    with Listener(model="nova-2-phonecall", encoding="mulaw", sample_rate=8000) as listener:
        listener.say(spoken("ulaw_8000"), 8000, pace=4)
        listener.connection.send_close_stream()
        listener.wait("Metadata", lambda: listener.of(ListenV1Metadata))
        heard_right(listener.text())
        expect(listener.text() == listener.text().lower(), "bare words without punctuate")


@check
def live_container():
    with Listener(model="nova-3", punctuate="true") as listener:
        audio = spoken("opus_48000_32")
        expect(audio[:4] == b"OggS", "opus comes in Ogg")
        listener.say(audio, 8000, pace=8)
        listener.connection.send_close_stream()
        listener.wait("Metadata", lambda: listener.of(ListenV1Metadata))
        heard_right(listener.text())


@check
def a_recording():
    reply = deepgram().listen.v1.media.transcribe_file(
        request=spoken("mp3_44100_128"), model="nova-3", smart_format=True, utterances=True
    )
    alternative = reply.results.channels[0].alternatives[0]
    heard_right(alternative.transcript)
    heard_right(" ".join(word.word for word in alternative.words))
    heard_right(" ".join(one.transcript for one in reply.results.utterances))
    expect(3 < reply.metadata.duration < 6, f"{reply.metadata.duration} s")
    expect(reply.metadata.models[0] in reply.metadata.model_info, "model_info of the model")


@check
def deepgram_errors():
    def refused(status, ask):
        try:
            ask()
        except DeepgramError as error:
            expect(error.status_code == status, f"{error.status_code}")
        except InvalidStatus as error:
            # What the SDK lets through of the websockets library of today.
            expect(error.response.status_code == status, f"{error.response.status_code}")
        else:
            raise AssertionError(f"it is refused with {status}")

    refused(400, lambda: Listener(model="nova-3", encoding="speex", sample_rate=8000).__enter__())
    try:
        deepgram().listen.v1.media.transcribe_url(url="http://127.0.0.1/a.wav", model="nova-3")
        raise AssertionError("nothing is fetched")
    except DeepgramError as error:
        expect(error.status_code == 400 and "err_msg" in str(error.body), f"{error.status_code} {error.body}")
    stranger = deepgram("wrong").listen.v1
    refused(401, lambda: stranger.media.transcribe_file(request=b"x", model="nova-3"))
    refused(401, lambda: stranger.connect(model="nova-3").__enter__())


@check
def elevenlabs_convert_and_stream():
    mp3 = spoken("mp3_22050_32")
    expect(mp3[0] == 0xFF and mp3[1] & 0xE0 == 0xE0, f"MP3: {mp3[:4]}")
    settings = VoiceSettings(speed=1.1, stability=0.5)
    parts = list(
        elevenlabs().text_to_speech.stream(
            "default",
            text=SENTENCE,
            model_id="eleven_flash_v2_5",
            output_format="pcm_24000",
            voice_settings=settings,
        )
    )
    expect(len(parts) > 1, "it streams")
    seconds = sum(map(len, parts)) / 48000
    expect(2 < seconds < 6, f"{seconds} s")


@check
def elevenlabs_with_timestamps():
    client = elevenlabs().text_to_speech
    whole = client.convert_with_timestamps("default", text="Hello there.", output_format="pcm_16000")
    expect(whole.alignment is None, "no alignment is made up")
    chunks = list(client.stream_with_timestamps("default", text="Hello there.", output_format="pcm_16000"))
    streamed = b"".join(base64.b64decode(one.audio_base_64) for one in chunks)
    ratio = len(streamed) / len(base64.b64decode(whole.audio_base_64))
    expect(0.7 < ratio < 1.4, f"about as long as the whole: {ratio}")


@check
def elevenlabs_voices_and_errors():
    voices = elevenlabs().voices.get_all().voices
    expect(voices and voices[0].voice_id, "voices")
    for key, voice, status in (("wrong", VOICE, 401), (KEY, "nobody", 404)):
        try:
            list(elevenlabs(key).text_to_speech.convert(voice, text="Hello."))
            raise AssertionError("it is refused")
        except ElevenLabsError as error:
            expect(error.status_code == status, f"{error.status_code}")
            expect(error.body["detail"]["message"], f"{error.body}")


for run in CHECKS:
    try:
        run()
        print(json.dumps({"name": run.__name__, "ok": True}), flush=True)
    except Exception as problem:
        outcome = {"name": run.__name__, "ok": False, "error": repr(problem), "trace": traceback.format_exc()}
        print(json.dumps(outcome), flush=True)
