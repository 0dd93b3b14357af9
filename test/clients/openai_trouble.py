"""What the openai client for Python raises against a server in trouble (trouble.mjs): a JSON line a check.

VOX_TEST_URL is the server, VOX_TEST_CLIP a recording, VOX_TEST_FATAL one whose second half ends a process.
"""
import io
import os
import time

import openai
from openai_checks import check, client, expect, main, raises

CHECKS = []


def listen(model="ears:1", data=None, client=client(), **more):
    if data is None:
        with open(os.environ["VOX_TEST_CLIP"], "rb") as clip:
            data = clip.read()
    file = io.BytesIO(data)
    file.name = "speech.wav"
    return client.audio.transcriptions.create(model=model, file=file, **more)


def leases(model):
    loaded = client().get("/models/loaded", cast_to=object)["models"]
    return sum(one["ref_count"] for one in loaded if f"{one['name']}:{one['tag']}" == model)


def code(error, wanted, kind="invalid_request_error", param=None):
    found = (error.code, error.type, error.param)
    expect(found == (wanted, kind, param), f"{found}")
    expect(error.request_id, "no request id")
    return error


@check(CHECKS)
def bad_requests():
    error = raises(openai.BadRequestError, 400, lambda: listen(stream=True, response_format="srt"))
    code(error, "invalid_request", param="stream")
    code(raises(openai.BadRequestError, 400, lambda: listen("mouth:1")), "wrong_kind", param="model")


@check(CHECKS)
def not_found():
    error = raises(openai.NotFoundError, 404, lambda: client().models.retrieve("ears:2"))
    code(error, "model_not_found", param="model")
    error = raises(openai.NotFoundError, 404, lambda: client().post("/audio/nothing", cast_to=object))
    code(error, "not_found")


@check(CHECKS)
def method_not_allowed():
    error = raises(openai.APIStatusError, 405, lambda: client().get("/audio/speech", cast_to=object))
    code(error, "method_not_allowed")
    expect(error.response.headers["allow"] == "POST", f"{error.response.headers}")


@check(CHECKS)
def too_large():
    error = raises(openai.APIStatusError, 413, lambda: listen(data=bytes(3 << 20)))
    code(error, "too_large", param="file")


@check(CHECKS)
def unprocessable():
    call = lambda: client().post("/models/pull", cast_to=object, body={})  # noqa: E731
    code(raises(openai.UnprocessableEntityError, 422, call), "unprocessable", param="name")


@check(CHECKS)
def rate_limit():
    for stream in (False, True):
        error = raises(openai.RateLimitError, 429, lambda: listen("ears:busy", stream=stream))  # noqa: B023
        code(error, "rate_limit_exceeded", "rate_limit_error")
        expect(int(error.response.headers["retry-after"]) >= 1, f"{error.response.headers}")


@check(CHECKS)
def server_errors():
    say = client().audio.speech.create
    boom = lambda: say(model="mouth:mortal", voice="default", input="Boom.")  # noqa: E731
    error = raises(openai.InternalServerError, 500, boom)
    expect("out of cheese" in error.message, error.message)
    code(error, "runner_crashed", "server_error")
    raises(openai.InternalServerError, 500, boom)
    error = raises(openai.InternalServerError, 503, boom)
    code(error, "restarting", "server_error")
    expect(int(error.response.headers["retry-after"]) >= 1, f"{error.response.headers}")


@check(CHECKS)
def error_between_events():
    with open(os.environ["VOX_TEST_FATAL"], "rb") as fatal:
        stream = listen("ears:mortal", fatal.read(), stream=True)
    text = ""
    try:
        for event in stream:
            text += event.delta
    except openai.APIError as error:
        expect("out of cheese" in error.message and error.code == "runner_crashed", f"{error.body}")
        expect(text == "first half", repr(text))
        return
    raise AssertionError("the stream ended well")


@check(CHECKS)
def timeout_frees_the_place():
    try:
        listen("ears:sleepy", client=client().with_options(timeout=1))
    except openai.APITimeoutError:
        while leases("ears:sleepy") > 0:
            time.sleep(0.02)
        return
    raise AssertionError("no APITimeoutError")


if __name__ == "__main__":
    main(CHECKS)
