"""What a user of the openai client for Python does, against a running server: a JSON line a check.

    python openai_checks.py

VOX_TEST_URL is the server, VOX_TEST_STT and VOX_TEST_TTS the models, VOX_TEST_KEY the key (any will do where
the server has none).
VOX_TEST_WRONG_KEY=1 runs the checks of a server that does have a key instead.
"""
import base64
import io
import json
import os
import re
import struct
import traceback
import wave

import openai

URL = os.environ["VOX_TEST_URL"]
STT = os.environ.get("VOX_TEST_STT", "whisper:tiny.en")
MULTILINGUAL = os.environ.get("VOX_TEST_MULTILINGUAL", "whisper:base")
TTS = os.environ.get("VOX_TEST_TTS", "piper:en-us-joe-medium")
SENTENCE = "The quick brown fox jumps over the lazy dog near the garden wall."
CHECKS = []
CHECKS_OF_KEYS = []


def client(key=None):
    key = key or os.environ.get("VOX_TEST_KEY", "any")
    return openai.OpenAI(base_url=URL + "/v1", api_key=key, max_retries=0, timeout=120)


def check(group):
    def add(function):
        group.append(function)
        return function

    return add


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


_speech = {}


def spoken(form="wav"):
    """SENTENCE as the server says it, once a format."""
    if form not in _speech:
        reply = client().audio.speech.create(model=TTS, voice="alloy", input=SENTENCE, response_format=form)
        _speech[form] = reply.content
    return _speech[form]


def upload(name="speech.wav", form="wav"):
    file = io.BytesIO(spoken(form))
    file.name = name
    return file


def heard(text):
    # Piper speaks it a little different each time: "quick brown" has been heard as "quit-brown" and as "quit-bram".
    words = set(re.findall(r"[a-z]+", text.lower()))
    wanted = set(re.findall(r"[a-z]+", SENTENCE.lower()))
    expect(len(wanted - words) <= 2, f"heard {text!r}")


def raises(kind, status, call):
    """The typed exception, with a message that is not empty."""
    try:
        call()
    except kind as error:
        expect(error.status_code == status, f"status {error.status_code}")
        expect(isinstance(error.body, dict) and error.body.get("message"), f"body {error.body!r}")
        return error
    raise AssertionError(f"no {kind.__name__}")


@check(CHECKS)
def models_list():
    models = client().models.list().data
    ids = [model.id for model in models]
    expect(STT in ids and TTS in ids, f"{ids}")
    for model in models:
        expect(model.object == "model" and isinstance(model.created, int), f"{model}")


@check(CHECKS)
def models_retrieve():
    expect(client().models.retrieve(STT).id == STT, "another id")


@check(CHECKS)
def transcription_json():
    reply = client().audio.transcriptions.create(model=STT, file=upload(), language="en")
    heard(reply.text)


@check(CHECKS)
def transcription_text():
    reply = client().audio.transcriptions.create(model=STT, file=upload(), response_format="text")
    expect(isinstance(reply, str), type(reply))
    heard(reply)


@check(CHECKS)
def transcription_verbose_json():
    reply = client().audio.transcriptions.create(model=STT, file=upload(), response_format="verbose_json")
    heard(reply.text)
    expect(reply.language == "english", reply.language)
    expect(2 < float(reply.duration) < 8, reply.duration)
    expect(reply.segments and reply.words is None, "segments, and words only when asked for")
    first = reply.segments[0]
    expect(isinstance(first.id, int) and isinstance(first.tokens, list), f"{first}")
    expect(first.end > first.start, f"{first}")


@check(CHECKS)
def transcription_words():
    reply = client().audio.transcriptions.create(
        model=STT, file=upload(), response_format="verbose_json", timestamp_granularities=["word"]
    )
    expect(len(reply.words) >= 12 and reply.segments is None, f"{reply.words}")
    starts = [word.start for word in reply.words]
    expect(starts == sorted(starts) and reply.words[-1].end <= float(reply.duration) + 0.1, f"{reply.words}")
    both = client().audio.transcriptions.create(
        model=STT, file=upload(), response_format="verbose_json", timestamp_granularities=["word", "segment"]
    )
    expect(both.words and both.segments, "both were asked for")


@check(CHECKS)
def transcription_srt():
    reply = client().audio.transcriptions.create(model=STT, file=upload(), response_format="srt")
    expect(reply.startswith("1\n00:00:0") and " --> " in reply, repr(reply))


@check(CHECKS)
def transcription_vtt():
    reply = client().audio.transcriptions.create(model=STT, file=upload(), response_format="vtt")
    expect(reply.startswith("WEBVTT\n"), repr(reply))


@check(CHECKS)
def transcription_streamed():
    """As it is decoded: what the deltas make up is the whole, and the whole is what json says."""
    make = client().audio.transcriptions.create
    with make(model=STT, file=upload(), stream=True) as stream:
        *deltas, done = list(stream)
    expect(deltas and all(one.type == "transcript.text.delta" for one in deltas), f"{deltas}")
    expect(done.type == "transcript.text.done", f"{done}")
    expect("".join(one.delta for one in deltas) == done.text, f"{deltas}, {done}")
    expect(done.usage.type == "duration" and 2 < done.usage.seconds < 9, f"{done.usage}")
    expect(make(model=STT, file=upload()).text == done.text, "json says something else")


def call():
    """SENTENCE on the left channel, then on the right."""
    with wave.open(io.BytesIO(spoken())) as one:
        rate, frames = one.getframerate(), one.readframes(one.getnframes())
    silence = bytes(len(frames))
    sides = zip(*[iter(frames + silence)] * 2), zip(*[iter(silence + frames)] * 2)
    file = io.BytesIO()
    with wave.open(file, "wb") as both:
        both.setnchannels(2)
        both.setsampwidth(2)
        both.setframerate(rate)
        both.writeframes(b"".join(bytes(left + right) for left, right in zip(*sides)))
    file.seek(0)
    file.name = "call.wav"
    return file


@check(CHECKS)
def transcription_diarized():
    """A party on each channel; whole, and as events."""
    make = client().audio.transcriptions.create
    request = {"model": STT, "response_format": "diarized_json", "chunking_strategy": "auto"}
    reply = make(file=call(), **request)
    expect(reply.task == "transcribe" and reply.duration > 4, f"{reply}")
    expect([one.speaker for one in reply.segments] == sorted(one.speaker for one in reply.segments), f"{reply}")
    first, second = reply.text.split("\n")
    expect(first.startswith("A: ") and second.startswith("B: "), reply.text)
    heard(first[3:])
    heard(second[3:])
    with make(file=call(), stream=True, **request) as stream:
        *events, done = list(stream)
    segments = [one for one in events if one.type == "transcript.text.segment"]
    expect([one.speaker for one in segments] == [one.speaker for one in reply.segments], f"{events}")
    expect("".join(one.delta for one in events if one.type == "transcript.text.delta") == done.text, f"{events}")
    expect(done.text == reply.text, f"{done}")
    names = {"known_speaker_names": list("abcde"), "known_speaker_references": ["data:audio/wav;base64,AAAA"] * 5}
    raises(openai.BadRequestError, 400, lambda: make(file=call(), **request, **names))


@check(CHECKS)
def transcription_usage_and_request_id():
    reply = client().audio.transcriptions.create(model=STT, file=upload(), prompt="Garden", temperature=0.2)
    expect(reply.usage.type == "duration" and 2 < reply.usage.seconds < 9, f"{reply.usage}")
    expect(reply._request_id, "no request id")
    options = [warning["option"] for warning in reply.warnings]
    expect(options == ["temperature"], f"{options}")


@check(CHECKS)
def translation():
    """The other formats are asked for by the SDK for JavaScript."""
    make = client().audio.translations.create
    heard(make(model=MULTILINGUAL, file=upload()).text)
    reply = make(model=MULTILINGUAL, file=upload(), response_format="verbose_json")
    heard(reply.text)
    expect(reply.language == "english" and reply.segments and float(reply.duration) > 2, f"{reply}")
    raises(openai.BadRequestError, 400, lambda: make(model=STT, file=upload()))


@check(CHECKS)
def transcription_alias():
    heard(client().audio.transcriptions.create(model="whisper-1", file=upload()).text)


@check(CHECKS)
def transcription_of_mp3():
    heard(client().audio.transcriptions.create(model=STT, file=upload("speech.mp3", "mp3")).text)


MAGIC = {
    "wav": lambda data: data[:4] == b"RIFF" and data[8:12] == b"WAVE",
    "pcm": lambda data: len(data) % 2 == 0 and 24000 * 2 * 2 < len(data) < 24000 * 2 * 8,
    "mp3": lambda data: data[:3] == b"ID3" or data[0] == 0xFF and data[1] & 0xE0 == 0xE0,
    "opus": lambda data: data[:4] == b"OggS" and b"OpusHead" in data[:64],
    "aac": lambda data: data[0] == 0xFF and data[1] & 0xF0 == 0xF0,
    "flac": lambda data: data[:4] == b"fLaC",
}


def speech_in(form):
    data = spoken(form)
    expect(MAGIC[form](data), f"{len(data)} bytes that begin with {data[:16]!r}")


for _form in MAGIC:
    _one = lambda form=_form: speech_in(form)  # noqa: E731
    _one.__name__ = f"speech_{_form}"
    check(CHECKS)(_one)


@check(CHECKS)
def speech_default_is_mp3_for_openai_names():
    data = client().audio.speech.create(model="tts-1", voice="nova", input=SENTENCE).content
    expect(MAGIC["mp3"](data), f"begins with {data[:16]!r}")


@check(CHECKS)
def speech_streamed():
    text = " ".join([SENTENCE] * 4)
    speech = client().audio.speech.with_streaming_response
    with speech.create(model=TTS, voice="default", input=text, response_format="pcm") as reply:
        pieces = list(reply.iter_bytes())
    expect(len(pieces) > 2, f"{len(pieces)} pieces")
    expect(sum(map(len, pieces)) > 24000 * 2 * 8, "too short")


@check(CHECKS)
def speech_as_events():
    speech = client().audio.speech.with_streaming_response
    with speech.create(
        model=TTS, voice={"id": "default"}, input=SENTENCE, response_format="pcm", stream_format="sse"
    ) as reply:
        expect(reply.headers["content-type"].startswith("text/event-stream"), f"{reply.headers}")
        lines = [line[6:] for line in reply.iter_lines() if line.startswith("data: ")]
    expect(lines.pop() == "[DONE]", f"{lines[-1][:80]}")
    *deltas, done = map(json.loads, lines)
    expect(deltas and all(one["type"] == "speech.audio.delta" for one in deltas), f"{len(deltas)} deltas")
    audio = b"".join(base64.b64decode(one["audio"]) for one in deltas)
    # A voice says nothing twice alike, so the bytes are not compared; test/e2e/contract-openai.test.mjs counts them.
    expect(MAGIC["pcm"](audio), f"{len(audio)} bytes")
    expect(done["type"] == "speech.audio.done" and done["usage"]["total_tokens"] > 0, f"{done}")


@check(CHECKS)
def timeout():
    long = " ".join([SENTENCE] * 40)
    quick = client().with_options(timeout=0.3)
    try:
        quick.audio.speech.create(model=TTS, voice="default", input=long, extra_body={"stream": False})
    except openai.APITimeoutError:
        expect(spoken("flac"), "the next one is answered")
        return
    raise AssertionError("no APITimeoutError")


@check(CHECKS)
def speech_wav_header():
    data = spoken("wav")
    rate = struct.unpack_from("<I", data, 24)[0]
    expect(rate in (16000, 22050, 24000), f"{rate} Hz")


@check(CHECKS)
def speech_speed():
    make = client().audio.speech.create
    sizes = [
        len(make(model=TTS, voice="default", input=SENTENCE, response_format="pcm", speed=speed).content)
        for speed in (0.75, 1.5)
    ]
    expect(1.4 < sizes[0] / sizes[1] < 2.8, f"{sizes}")


@check(CHECKS)
def error_unknown_model():
    call = lambda: client().audio.transcriptions.create(model="no-such-model", file=upload())  # noqa: E731
    raises(openai.NotFoundError, 404, call)
    raises(openai.NotFoundError, 404, lambda: client().models.retrieve("no-such-model"))


@check(CHECKS)
def error_wrong_kind():
    call = lambda: client().audio.transcriptions.create(model=TTS, file=upload())  # noqa: E731
    raises(openai.BadRequestError, 400, call)


@check(CHECKS)
def error_bad_field():
    make = client().audio
    bad = lambda **more: make.transcriptions.create(model=STT, file=upload(), **more)  # noqa: E731
    error = raises(openai.BadRequestError, 400, lambda: bad(response_format="docx"))
    expect("response_format" in str(error.param or error.body), f"{error.body}")
    raises(openai.BadRequestError, 400, lambda: bad(language="klingon"))
    raises(openai.BadRequestError, 400, lambda: bad(timestamp_granularities=["word"]))
    say = lambda **more: make.speech.create(model=TTS, input="Hi.", **more)  # noqa: E731
    raises(openai.BadRequestError, 400, lambda: say(voice="no-such-voice"))
    raises(openai.BadRequestError, 400, lambda: say(voice="default", speed=40))
    raises(openai.BadRequestError, 400, lambda: say(voice="default", response_format="docx"))


@check(CHECKS)
def error_not_audio():
    def send(data):
        file = io.BytesIO(data)
        file.name = "speech.wav"
        return client().audio.transcriptions.create(model=STT, file=file)

    raises(openai.BadRequestError, 400, lambda: send(b""))
    raises(openai.APIStatusError, 415, lambda: send(b"this is no audio at all" * 50))


@check(CHECKS_OF_KEYS)
def key_missing_or_wrong():
    raises(openai.AuthenticationError, 401, lambda: client("wrong").models.list())


@check(CHECKS_OF_KEYS)
def key_right():
    expect(client().models.list().data is not None, "no list")


def main(checks):
    for function in checks:
        outcome = {"name": function.__name__, "ok": True}
        try:
            function()
        except Exception as error:
            outcome = {"name": function.__name__, "ok": False, "error": f"{type(error).__name__}: {error}"}
            outcome["trace"] = traceback.format_exc()[-600:]
        print(json.dumps(outcome), flush=True)


if __name__ == "__main__":
    main(CHECKS_OF_KEYS if os.environ.get("VOX_TEST_WRONG_KEY") else CHECKS)
