"""The newer fields and routes of OpenAI's audio API, as `openai_checks.py`, which has the settings and the helpers."""
import openai
from openai_checks import MULTILINGUAL, STT, TTS, check, client, expect, heard, main, raises, upload

CHECKS = []


@check(CHECKS)
def transcription_newer_fields():
    """Whisper meets them all, so nothing is warned of; what is checked is that the fields arrive as the SDK sends them."""
    make = client().audio.transcriptions.create
    reply = make(
        model=MULTILINGUAL,
        file=upload(),
        keywords=["Vox", "Ada, Countess"],
        languages=["de", "en"],
        include=["logprobs"],
        chunking_strategy={"type": "server_vad", "threshold": 0.3, "silence_duration_ms": 300},
    )
    heard(reply.text)
    expect([one.code for one in reply.languages] == ["en"], f"{reply.languages}")
    expect(getattr(reply, "warnings", None) is None, f"{reply}")
    expect(reply.text in "".join(one.token for one in reply.logprobs), f"{reply}")
    expect(all(one.logprob <= 0 for one in reply.logprobs), f"{reply}")
    heard(make(model="gpt-transcribe", file=upload(), chunking_strategy="auto").text)
    with make(model=MULTILINGUAL, file=upload(), stream=True, languages=["en", "de"]) as stream:
        done = list(stream)[-1]
    expect([one.code for one in done.languages] == ["en"], f"{done}")
    bad = lambda **more: make(model=STT, file=upload(), **more)  # noqa: E731
    error = raises(openai.BadRequestError, 400, lambda: bad(keywords=["x" * 101]))
    expect(error.param == "keywords", f"{error.body}")
    error = raises(openai.BadRequestError, 400, lambda: bad(languages=["klingon"]))
    expect(error.param == "languages", f"{error.body}")
    wrong = {"type": "server_vad", "threshold": 7}
    error = raises(openai.BadRequestError, 400, lambda: bad(chunking_strategy=wrong))
    expect(error.param == "chunking_strategy", f"{error.body}")


@check(CHECKS)
def voices_and_consents():
    audio = client().audio
    consent = audio.voice_consents.create(name="Ada", language="en-US", recording=upload())
    expect(consent.id.startswith("cons_") and consent.object == "audio.voice_consent", f"{consent}")
    expect(audio.voice_consents.retrieve(consent.id).name == "Ada", "another consent")
    expect(audio.voice_consents.update(consent.id, name="Ada L.").name == "Ada L.", "not renamed")
    expect(consent.id in [one.id for one in audio.voice_consents.list(limit=1)], "not listed")
    voice = audio.voices.create(name="Ada", audio_sample=upload(), consent=consent.id)
    try:
        expect(voice.object == "audio.voice" and voice.type == "audio_sample" and voice.name == "Ada", f"{voice}")
        # Piper has voices of its own only: it says so, and by the name of the field.
        speak = lambda: audio.speech.create(model=TTS, voice={"id": voice.id}, input="Hi.")  # noqa: E731
        expect("clone" in str(raises(openai.BadRequestError, 400, speak)), "another reason")
        make = lambda: audio.voices.create(name="x", audio_sample=upload(), consent="cons_none")  # noqa: E731
        expect(raises(openai.BadRequestError, 400, make).param == "consent", "another field")
    finally:
        gone = audio.voices.delete(voice.id)
        expect(gone.deleted and gone.object == "audio.voice.deleted", f"{gone}")
        expect(audio.voice_consents.delete(consent.id).deleted, "still there")
    raises(openai.NotFoundError, 404, lambda: audio.voice_consents.retrieve(consent.id))


if __name__ == "__main__":
    main(CHECKS)
